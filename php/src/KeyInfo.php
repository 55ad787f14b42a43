<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One key-encryption key as the store knows it.
 */
final class KeyInfo
{
    public readonly string $id;
    /** `primary`, `active` (still reads) or `retired`. */
    public readonly string $status;
    /** Whether it was given at open. */
    public readonly bool $loaded;
    public readonly int $createdAt;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->id = $row['id'];
        $this->status = $row['status'];
        $this->loaded = $row['loaded'];
        $this->createdAt = $row['created_at'];
    }
}
