<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What adding a key came to.
 */
final class KeyAdded
{
    /** The key's id in this store; it is the primary one now. */
    public readonly string $id;
    /** Whether the store knew it before. */
    public readonly bool $known;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->id = $result['key'];
        $this->known = $result['known'];
    }
}
