<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A grant that was given. Times are Unix seconds, UTC.
 */
final class GrantInfo
{
    public readonly string $id;
    public readonly string $agent;
    public readonly string $owner;
    public readonly ?OwnerClass $ownerClass;
    public readonly string $provider;
    /** The only connection that it is about; null where it is about any of the owner's. */
    public readonly ?string $connection;
    /** Whether it forbids. */
    public readonly bool $forbids;
    /** Null where `$integrity` is false. */
    public readonly ?GrantStatus $status;
    /** Null where somebody gave it by hand, and where `$integrity` is false. */
    public readonly ?GrantOrigin $origin;
    public readonly ?int $notBefore;
    public readonly ?int $expiresAt;
    /** Null where uses are not counted. */
    public readonly ?int $usesLeft;
    /** @var list<string>|string `*` for all */
    public readonly array|string $operations;
    /** @var list<string>|string `*` for all */
    public readonly array|string $scopes;
    /** @var list<string>|string `*` for all */
    public readonly array|string $contexts;
    /** @var array<string, mixed>|string `any`, `['session' => id]` or `['flow' => ['id' => id, 'digest' => digest]]` */
    public readonly array|string $run;
    /** @var array<string, mixed>|string `owner`, `anyone`, `nobody`, or `['users' => ['user:3']]` */
    public readonly array|string $for;
    public readonly ?string $note;
    public readonly ?string $grantedBy;
    public readonly ?string $grantedWhy;
    public readonly ?int $grantedAt;
    public readonly ?string $revokedBy;
    public readonly ?string $revokedWhy;
    public readonly ?int $revokedAt;
    public readonly int $revision;
    /** False where something else than the library changed the grants of this owner to this agent: none counts then. */
    public readonly bool $integrity;

    /**
     * @internal
     *
     * @param array<string, mixed> $grant as the library gives it
     */
    public function __construct(array $grant)
    {
        $this->id = $grant['id'];
        $this->agent = $grant['agent'];
        $this->owner = $grant['owner'];
        $this->ownerClass = OwnerClass::tryFrom((string) $grant['owner_class']);
        $this->provider = $grant['provider'];
        $this->connection = $grant['connection'];
        $this->forbids = $grant['effect'] === 'forbid';
        $this->status = GrantStatus::tryFrom((string) $grant['status']);
        $this->origin = GrantOrigin::tryFrom((string) $grant['origin']);
        $this->notBefore = $grant['not_before'];
        $this->expiresAt = $grant['expires_at'];
        $this->usesLeft = $grant['uses_left'];
        // What an edited grant would say is left out.
        $this->operations = $grant['operations'] ?? [];
        $this->scopes = $grant['scopes'] ?? [];
        $this->contexts = $grant['contexts'] ?? [];
        $this->run = $grant['run'] ?? [];
        $this->for = $grant['for'] ?? [];
        $this->note = $grant['note'] ?? null;
        $this->grantedBy = $grant['granted_by'] ?? null;
        $this->grantedWhy = $grant['granted_why'] ?? null;
        $this->grantedAt = $grant['granted_at'] ?? null;
        $this->revokedBy = $grant['revoked_by'] ?? null;
        $this->revokedWhy = $grant['revoked_why'] ?? null;
        $this->revokedAt = $grant['revoked_at'] ?? null;
        $this->revision = $grant['revision'];
        $this->integrity = $grant['integrity'];
    }
}
