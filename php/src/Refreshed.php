<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What came of Vault::refresh(). Times are Unix seconds.
 */
final class Refreshed
{
    /** The connection as it is now; null where it is gone, or its tokens are of no use any more. */
    public readonly ?Connection $connection;
    /** Busy: when the other's time ends. Backoff: when it can be tried again; null for when a person asks for it. */
    public readonly ?int $until;
    /** Why, a stable code; null where there is nothing to explain. `lease_lost`: what came back was not stored. */
    public readonly ?string $cause;
    /** Backoff: how many failures there were in a row. */
    public readonly ?int $failures;
    /** @var array{host: string, pid: int, since: int}|null Busy: who is renewing them */
    public readonly ?array $holder;
    /** By when a person has to consent again, whatever is renewed; null where that is not known. */
    public readonly ?int $reauthBy;

    /**
     * @internal
     *
     * @param array<string, mixed> $told as the library gives it
     */
    public function __construct(public readonly RefreshOutcome $outcome, ?Connection $connection, array $told)
    {
        $this->connection = $connection;
        $this->until = $told['until'] ?? null;
        $this->cause = $told['cause'] ?? null;
        $this->failures = $told['failures'] ?? null;
        $this->holder = $told['holder'] ?? null;
        $this->reauthBy = $told['reauth_by'] ?? null;
    }
}
