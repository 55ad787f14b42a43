<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * Connections whose tokens are due to be renewed, and that nobody else is given for now.
 *
 * @implements \IteratorAggregate<int, ConnectionInfo>
 */
final class DueConnections implements \IteratorAggregate, \Countable
{
    /** @var list<ConnectionInfo> */
    public readonly array $connections;
    /** Whether to ask again at once: there is more to look at, also where there are no connections here. */
    public readonly bool $more;
    /** When the next one is due, in Unix seconds; null where none will be. */
    public readonly ?int $nextAt;

    /**
     * @internal
     *
     * @param array<string, mixed> $found as the library gives it
     */
    public function __construct(array $found)
    {
        $this->connections = array_map(static fn (array $row) => new ConnectionInfo($row), $found['items']);
        $this->more = $found['more'];
        $this->nextAt = $found['next_at'];
    }

    /**
     * @return \ArrayIterator<int, ConnectionInfo>
     */
    public function getIterator(): \ArrayIterator
    {
        return new \ArrayIterator($this->connections);
    }

    /**
     * How many there are.
     */
    public function count(): int
    {
        return count($this->connections);
    }
}
