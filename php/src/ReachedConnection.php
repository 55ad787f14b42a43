<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A connection that a grant is about now.
 */
final class ReachedConnection
{
    public readonly ConnectionInfo $connection;
    /** Why nobody can use it now, a stable code such as `connection_expired`; null where its state allows it. */
    public readonly ?string $reason;
    /** @var list<string> the ids of the live grants that forbid the agent something with it: they win */
    public readonly array $forbids;

    /**
     * @internal
     *
     * @param array<string, mixed> $reached as the library gives it
     */
    public function __construct(array $reached)
    {
        $this->connection = new ConnectionInfo($reached['connection']);
        $this->reason = $reached['reason'];
        $this->forbids = $reached['forbids'];
    }
}
