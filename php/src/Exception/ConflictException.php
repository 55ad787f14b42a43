<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The row moved on since the revision that was given: read it again. Or an account name that was to be one owner's only
 * is another's: holder() tells whose. Or the connection is another remote account than the one to be saved:
 * otherAccount() tells which.
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

    /**
     * The owner who has the account name; null where it is not about a name.
     */
    public function holder(): ?string
    {
        $holder = $this->detail()['holder'] ?? null;
        return is_string($holder) ? $holder : null;
    }

    /**
     * The provider's identifier of the account that is connected here; null where it is not about one.
     */
    public function otherAccount(): ?string
    {
        $present = $this->detail()['present'] ?? null;
        return is_string($present) ? $present : null;
    }
}
