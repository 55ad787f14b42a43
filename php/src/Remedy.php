<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What would help against a refusal, and who can do it.
 */
final class Remedy
{
    /** A stable code: connect, name_account, ask_as_owner, lift, grant, widen, confirm_flow, wait, reconnect, ... */
    public readonly string $code;
    /** Who can do it: owner, flow_owner, caller, operator or nobody. */
    public readonly string $who;
    /** Whose matter that is, such as `user:12`: where it is a site or an organisation, who manages it. */
    public readonly ?string $whose;
    /** @var list<string> to widen to, or to connect again with */
    public readonly array $scopes;
    /** @var list<string> to widen to */
    public readonly array $operations;
    /** @var list<array{owner: string, account: string}> to name one of */
    public readonly array $accounts;
    /** To wait until, in Unix seconds. */
    public readonly ?int $until;

    /**
     * @internal
     *
     * @param array<string, mixed> $refusal as the library gives it
     */
    public function __construct(array $refusal)
    {
        $this->code = $refusal['remedy'];
        $this->who = $refusal['who'];
        $this->whose = $refusal['whose'];
        $this->scopes = $refusal['missing']['scopes'];
        $this->operations = $refusal['missing']['operations'];
        $this->accounts = $refusal['accounts'];
        $this->until = $refusal['until'];
    }
}
