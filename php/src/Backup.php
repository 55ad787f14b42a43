<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A copy of the store that was made.
 */
final class Backup
{
    /** How many bytes it has. */
    public readonly int $bytes;
    /** How many transactions had written to the store by then. */
    public readonly int $writes;
    /** The store that it is a copy of. */
    public readonly string $storeId;
    /** @var list<string> the ids of the keys without which not all of it opens */
    public readonly array $keys;

    /**
     * @internal
     *
     * @param array<string, mixed> $made as the library gives it
     */
    public function __construct(public readonly string $path, array $made)
    {
        $this->bytes = $made['bytes'];
        $this->writes = $made['writes'];
        $this->storeId = $made['store_id'];
        $this->keys = $made['keys'];
    }
}
