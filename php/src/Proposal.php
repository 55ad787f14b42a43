<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A request that was refused to a provider's class, or would have been, and would be still. Times are Unix seconds, UTC.
 */
final class Proposal
{
    /** For `AgentAccess::accept()` and `dismiss()`. */
    public readonly string $id;
    /** @var array<string, mixed>|null what would be given, as the header of `dm_grant_create` has it; null: no grant helps */
    public readonly ?array $grant;
    /** Why it is refused now, and what would help. */
    public readonly Decision $decision;
    /** How often it was met. */
    public readonly int $count;
    public readonly int $firstAt;
    public readonly int $lastAt;

    /**
     * @internal
     *
     * @param array<string, mixed> $proposal as the library gives it
     */
    public function __construct(array $proposal)
    {
        $this->id = $proposal['id'];
        $this->grant = $proposal['grant'];
        $this->decision = new Decision($proposal['decision']);
        $this->count = $proposal['count'];
        $this->firstAt = $proposal['first_at'];
        $this->lastAt = $proposal['last_at'];
    }
}
