<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A connection that might have been meant, and what became of it.
 */
final class ConsideredConnection
{
    public readonly string $connection;
    public readonly string $owner;
    public readonly string $account;
    public readonly bool $allowed;
    /** The id of the grant that allows, that forbids, or that came nearest. */
    public readonly ?string $grant;
    /** A stable code; null where it is allowed. */
    public readonly ?string $reason;
    public readonly ?string $clause;
    /** For a person. */
    public readonly ?string $message;
    public readonly ?Remedy $remedy;
    /** @var array<string, string|null> by the id of each permission about it: why it is not enough, null where it is.
     *                                  None was looked at where one forbids */
    public readonly array $grants;

    /**
     * @internal
     *
     * @param array<string, mixed> $considered as the library gives it
     */
    public function __construct(array $considered)
    {
        $this->connection = $considered['connection'];
        $this->owner = $considered['owner'];
        $this->account = $considered['account'];
        $this->allowed = $considered['allowed'];
        $this->grant = $considered['grant'];
        $refusal = $considered['refusal'];
        $this->reason = $refusal['reason'] ?? null;
        $this->clause = $refusal['clause'] ?? null;
        $this->message = $refusal['message'] ?? null;
        $this->remedy = $refusal === null ? null : new Remedy($refusal);
        $this->grants = array_column($considered['grants'], 'reason', 'grant');
    }
}
