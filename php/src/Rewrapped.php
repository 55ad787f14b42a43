<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What wrapping everything with the primary key came to.
 */
final class Rewrapped
{
    /** The primary key's id. */
    public readonly string $primary;
    /** How many data keys were wrapped anew. */
    public readonly int $rewrapped;
    /** @var list<string> ids of the keys that nothing is wrapped with any more */
    public readonly array $retired;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->primary = $result['primary'];
        $this->rewrapped = $result['rewrapped'];
        $this->retired = $result['retired'];
    }
}
