<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The row moved on since the revision that was given. Read it again.
 */
final class ConflictException extends ConnectionsException
{
    /**
     * The row's present revision; null where the library did not tell it.
     */
    public function revision(): ?int
    {
        $revision = $this->detail()['revision'] ?? null;
        return is_int($revision) ? $revision : null;
    }
}
