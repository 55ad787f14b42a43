<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * Whether a request may use a connection, and why not.
 */
final class Decision
{
    public readonly bool $allowed;
    public readonly string $provider;
    /** The id of the connection to use, or that the refusal is about. */
    public readonly ?string $connection;
    public readonly ?string $owner;
    public readonly ?OwnerClass $ownerClass;
    public readonly ?string $account;
    /** The id of the grant that allows, that forbids, or that came nearest. */
    public readonly ?string $grant;
    /** @var list<string>|null what this comes to; null where the provider does not say which scopes it gave */
    public readonly ?array $scopes;
    /** @var list<string> those that were wanted, where they are allowed */
    public readonly array $operations;
    /** A stable code, such as `no_grant`; null where it is allowed. */
    public readonly ?string $reason;
    /** What failed, such as `grant.contexts`. */
    public readonly ?string $clause;
    /** For a person. */
    public readonly ?string $message;
    /** The part of the request that is not known. */
    public readonly ?string $fact;
    private readonly ?Remedy $remedy;

    /**
     * @internal
     *
     * @param array<string, mixed> $answer as the library gives it
     */
    public function __construct(array $answer)
    {
        $this->allowed = $answer['allowed'];
        $this->provider = $answer['provider'];
        $this->connection = $answer['connection'];
        $this->owner = $answer['owner'];
        $this->ownerClass = OwnerClass::tryFrom((string) $answer['owner_class']);
        $this->account = $answer['account'];
        $this->grant = $answer['grant'];
        $this->scopes = $answer['scopes'];
        $this->operations = $answer['operations'];
        $refusal = $answer['refusal'];
        $this->reason = $refusal['reason'] ?? null;
        $this->clause = $refusal['clause'] ?? null;
        $this->message = $refusal['message'] ?? null;
        $this->fact = $refusal['fact'] ?? null;
        $this->remedy = $refusal === null ? null : new Remedy($refusal);
    }

    /**
     * What would help, and who can do it; null where it is allowed.
     */
    public function remedy(): ?Remedy
    {
        return $this->remedy;
    }
}
