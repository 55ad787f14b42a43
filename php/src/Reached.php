<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A live grant of an agent's, for whom it is, and the connections that it is about now.
 */
final class Reached
{
    /** One that permits, or that forbids. */
    public readonly GrantInfo $grant;
    /** @var list<string>|string|null users, `anyone`, `nobody`; null where the grant is not to be believed */
    public readonly array|string|null $people;
    /** @var list<ReachedConnection> */
    public readonly array $connections;

    /**
     * @internal
     *
     * @param array<string, mixed> $reached as the library gives it
     */
    public function __construct(array $reached)
    {
        $this->grant = new GrantInfo($reached['grant']);
        $this->people = $reached['people'];
        $this->connections = array_map(
            static fn (array $one) => new ReachedConnection($one),
            $reached['connections'],
        );
    }
}
