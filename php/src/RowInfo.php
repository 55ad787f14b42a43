<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is known about a row without opening its document. Times are Unix seconds, UTC.
 */
abstract class RowInfo
{
    public readonly string $id;
    public readonly string $provider;
    public readonly string $owner;
    /** Null only where `$integrity` is false. */
    public readonly ?OwnerClass $ownerClass;
    /** The one that counts now: an `active` row past its expiry is `expired`. */
    public readonly Status $status;
    public readonly ?string $statusCause;
    /** Changes with every write: give it back in `SaveOptions` to be told when the row moved on. */
    public readonly int $revision;
    public readonly int $connectedAt;
    public readonly int $updatedAt;
    /** @var list<string> members that an import could not open; they are kept and never handed out */
    public readonly array $quarantined;
    /** False where the row was changed by something that is not the library: believe nothing else of it. */
    public readonly bool $integrity;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->id = $row['id'];
        $this->provider = $row['provider'];
        $this->owner = $row['owner'];
        $this->ownerClass = OwnerClass::tryFrom((string) $row['owner_class']);
        $this->status = Status::from($row['status']);
        $this->statusCause = $row['status_cause'];
        $this->revision = $row['revision'];
        $this->connectedAt = $row['connected_at'];
        $this->updatedAt = $row['updated_at'];
        $this->quarantined = $row['quarantined'];
        $this->integrity = $row['integrity'];
    }
}
