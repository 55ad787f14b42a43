<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * The state of one account.
 */
final class AccountStatus
{
    public readonly string $owner;
    public readonly string $account;
    public readonly Status $status;
    public readonly ?int $expiresAt;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->owner = $row['owner'];
        $this->account = $row['account'];
        $this->status = Status::from($row['status']);
        $this->expiresAt = $row['expires_at'];
    }
}
