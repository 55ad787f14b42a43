<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is known about a connection without opening its document. Times are Unix seconds, UTC.
 */
class ConnectionInfo
{
    public readonly string $id;
    public readonly string $provider;
    public readonly string $owner;
    public readonly OwnerClass $ownerClass;
    public readonly string $account;
    /** The account's identifier at the provider, where it is known. */
    public readonly ?string $remoteId;
    public readonly ?string $displayName;
    /** @var list<string> */
    public readonly array $scopes;
    public readonly Status $status;
    public readonly ?string $statusCause;
    public readonly ?int $expiresAt;
    /** Counts every write: give it back in `SaveOptions` to be told when the row moved on. */
    public readonly int $revision;
    public readonly int $connectedAt;
    public readonly int $updatedAt;
    public readonly ?int $lastUsedAt;
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
        $this->ownerClass = OwnerClass::from($row['owner_class']);
        $this->account = $row['account'];
        $this->remoteId = $row['remote_id'];
        $this->displayName = $row['display_name'];
        $this->scopes = $row['scopes'];
        $this->status = Status::from($row['status']);
        $this->statusCause = $row['status_cause'];
        $this->expiresAt = $row['expires_at'];
        $this->revision = $row['revision'];
        $this->connectedAt = $row['connected_at'];
        $this->updatedAt = $row['updated_at'];
        $this->lastUsedAt = $row['last_used_at'];
        $this->quarantined = $row['quarantined'] ?? [];
        $this->integrity = $row['integrity'];
    }
}
