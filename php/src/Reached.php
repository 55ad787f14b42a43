<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A live grant of an agent's, and the connections that it reaches now.
 */
final class Reached
{
    public readonly GrantInfo $grant;
    /** @var list<ConnectionInfo> */
    public readonly array $connections;

    /**
     * @internal
     *
     * @param array<string, mixed> $reached as the library gives it
     */
    public function __construct(array $reached)
    {
        $this->grant = new GrantInfo($reached['grant']);
        $this->connections = array_map(static fn (array $row) => new ConnectionInfo($row), $reached['connections']);
    }
}
