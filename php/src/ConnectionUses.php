<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * Who can use a connection beside its owner. Going through it reads page by page.
 *
 * @implements \IteratorAggregate<int, ConnectionUse>
 */
final class ConnectionUses implements \IteratorAggregate
{
    public readonly ConnectionInfo $connection;
    /** Why nobody can use it now, a stable code such as `connection_expired`; null where its state allows it. */
    public readonly ?string $reason;

    /**
     * @internal
     *
     * @param array<string, mixed>                        $first the first page, as the library gives it
     * @param \Closure(string $after): array<string, mixed> $page  a later one
     */
    public function __construct(private readonly array $first, private readonly \Closure $page)
    {
        $this->connection = new ConnectionInfo($first['connection']);
        $this->reason = $first['reason'];
    }

    /**
     * @return \Generator<int, ConnectionUse>
     */
    public function getIterator(): \Generator
    {
        $page = $this->first;
        while (true) {
            foreach ($page['items'] as $use) {
                yield new ConnectionUse($use);
            }
            if ($page['next'] === null) {
                return;
            }
            $page = ($this->page)($page['next']);
        }
    }
}
