<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * How one provider stands.
 */
final class ProviderStatus
{
    public readonly string $provider;
    /** For a person. */
    public readonly string $name;
    /** Whether there is an app config. */
    public readonly bool $configured;
    /** Whether a connection is usable now. */
    public readonly bool $connected;
    /** @var array<string, int> how many connections have which `Status`, by its value */
    public readonly array $statuses;
    /** When the first of its credentials expires, in Unix seconds. */
    public readonly ?int $nextExpiry;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->provider = $row['provider'];
        $this->name = $row['name'];
        $this->configured = $row['configured'];
        $this->connected = $row['connected'];
        $this->statuses = $row['statuses'];
        $this->nextExpiry = $row['next_expiry'];
    }

    /**
     * How many connections have a status.
     */
    public function count(Status $status): int
    {
        return $this->statuses[$status->value] ?? 0;
    }
}
