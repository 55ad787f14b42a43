<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is connected of one provider.
 */
final class ProviderStatus
{
    public readonly string $provider;
    /** Whether there is an app config. */
    public readonly bool $configured;
    /** Whether an account is usable now. */
    public readonly bool $connected;
    /** @var list<AccountStatus> */
    public readonly array $accounts;
    /** @var array<string, int> how many accounts are in which status */
    public readonly array $counts;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->provider = $row['provider'];
        $this->configured = $row['configured'];
        $this->connected = $row['connected'];
        $this->accounts = array_map(static fn (array $account) => new AccountStatus($account), $row['accounts']);
        $this->counts = $row['counts'];
    }
}
