<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What taking grants back came to.
 */
final class Revoked
{
    /** How many were taken back; 0 where they were before, which is no error. */
    public readonly int $revoked;
    /** How many that something else than the library had written were deleted. */
    public readonly int $removed;

    /**
     * @internal
     *
     * @param array<string, int> $receipt as the library gives it
     */
    public function __construct(array $receipt)
    {
        $this->revoked = $receipt['revoked'];
        $this->removed = $receipt['removed'];
    }
}
