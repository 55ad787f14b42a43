<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What clearing an owner came to; nothing at all is no error.
 */
final class Cleared
{
    /** How many connections are gone. */
    public readonly int $connections;
    /** How many app configs are gone. */
    public readonly int $configs;
    /** How many pieces that were kept of the old option are gone. */
    public readonly int $kept;
    /** How many delegations of the old option are gone from what was kept of it. */
    public readonly int $delegations;
    /** How many kept pieces are left because no key that was given opens them: whose they are, nobody can say. */
    public readonly int $unread;
    /** How many grants ended: those of the owner, and those that named a connection which is gone. */
    public readonly int $grants;
    /** For a person: what older backups still hold. */
    public readonly string $note;

    /**
     * @internal
     *
     * @param array<string, mixed> $receipt as the library gives it
     */
    public function __construct(array $receipt)
    {
        $this->connections = $receipt['connections'];
        $this->configs = $receipt['configs'];
        $this->kept = $receipt['kept'];
        $this->delegations = $receipt['delegations'];
        $this->unread = $receipt['unread'];
        $this->grants = $receipt['grants'];
        $this->note = $receipt['note'];
    }
}
