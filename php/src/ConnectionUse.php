<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A live grant about a connection, and for whom it is.
 */
final class ConnectionUse
{
    /** One that permits, or that forbids. */
    public readonly GrantInfo $grant;
    /** @var list<string>|string|null users, `anyone`, `nobody`; null where the grant is not to be believed */
    public readonly array|string|null $people;
    /** @var list<string> the ids of the live grants that forbid the agent something with the connection: they win */
    public readonly array $forbids;

    /**
     * @internal
     *
     * @param array<string, mixed> $use as the library gives it
     */
    public function __construct(array $use)
    {
        $this->grant = new GrantInfo($use['grant']);
        $this->people = $use['people'];
        $this->forbids = $use['forbids'];
    }
}
