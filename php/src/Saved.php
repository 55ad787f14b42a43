<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a save or a merge came to.
 */
final class Saved
{
    public readonly string $id;
    public readonly int $revision;
    /** Whether there was none before. */
    public readonly bool $created;
    /** The id of the connection of another remote account that stood in this place before; it is gone. */
    public readonly ?string $replaced;
    /** How many grants that named that connection ended with it. */
    public readonly int $endedGrants;
    /** @var list<string> the ids of the grants that went with it, in their order, those included that were there */
    public readonly array $grants;
    public readonly Status $status;
    public readonly OwnerClass $ownerClass;
    /** @var list<string> members that an import had quarantined, and that this write put an end to */
    public readonly array $superseded;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->id = $result['id'];
        $this->revision = $result['revision'];
        $this->created = $result['created'];
        $this->replaced = $result['replaced'];
        $this->endedGrants = $result['ended_grants'];
        $this->grants = $result['grants'];
        $this->status = Status::from($result['status']);
        $this->ownerClass = OwnerClass::from($result['owner_class']);
        $this->superseded = $result['superseded'];
    }
}
