<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What wrapping everything with the primary key came to.
 */
final class Rewrapped
{
    /** The id of the primary key, which opens everything now. */
    public readonly string $key;
    /** How many data keys were wrapped anew. */
    public readonly int $rewrapped;
    /** @var list<string> ids of the keys that only earlier backups still need */
    public readonly array $retired;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->key = $result['key'];
        $this->rewrapped = $result['rewrapped'];
        $this->retired = $result['retired'];
    }
}
