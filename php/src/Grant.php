<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A grant that is to be given: what an agent may do with which accounts, where, for whom and until when.
 *
 *     Grant::to(7)->use('instagram')->of('user:12')->operations('publish')->inChat()->until($tomorrow)->by('user:12');
 *
 * Given with a save it says nothing of the account, since it is about the one that is saved:
 *
 *     $vault->save('instagram', 'user:12', $document, options: [
 *         'grants' => [Grant::to(7)->operations('publish')->inChat()->by('user:12')],
 *     ]);
 *
 * Each method returns another grant and leaves this one as it is. What is not said: any run, any context, no end; for
 * whom has to be said, but for a person's own account: there it is the owner. One that forbids is against everybody who
 * asks where it does not say. Operations or scopes have to be said.
 */
final class Grant implements \JsonSerializable
{
    /**
     * @param array<string, mixed> $terms as the header describes them
     */
    private function __construct(private readonly array $terms)
    {
    }

    /**
     * A grant that permits.
     *
     * @param int|string $agent its number, or `agent:N`
     */
    public static function to(int|string $agent): self
    {
        return new self(['agent' => self::named('agent', $agent)]);
    }

    /**
     * A grant that forbids: it wins over every permission that it touches.
     *
     * @param int|string $agent its number, or `agent:N`
     */
    public static function against(int|string $agent): self
    {
        return self::to($agent)->with('effect', 'forbid');
    }

    /**
     * Any account of the owner's for this provider, also one that is connected later.
     */
    public function use(string $provider): self
    {
        return $this->with('provider', $provider);
    }

    /**
     * Whose accounts: `user:12`, `site:0`, `org:acme`, `agent:7`.
     */
    public function of(string $owner): self
    {
        return $this->with('owner', $owner);
    }

    /**
     * This one connection, in place of use() and of(). The grant ends with it.
     */
    public function useConnection(string $id): self
    {
        return $this->with('connection', $id);
    }

    /**
     * Of what is saved together with this grant, this one connection, and not any of the owner's. Only with a save.
     */
    public function onlyThis(): self
    {
        return $this->with('only_this', true);
    }

    /**
     * Operations of the catalogue.
     */
    public function operations(string ...$operations): self
    {
        return $this->with('operations', array_values($operations));
    }

    /**
     * Scopes, in the provider's words.
     */
    public function scopes(string ...$scopes): self
    {
        return $this->with('scopes', array_values($scopes));
    }

    /**
     * Every operation and every scope.
     */
    public function everything(): self
    {
        return $this->with('operations', '*')->with('scopes', '*');
    }

    /**
     * Only in these contexts.
     */
    public function in(RunContext ...$contexts): self
    {
        return $this->with('contexts', array_map(static fn (RunContext $one) => $one->value, array_values($contexts)));
    }

    /**
     * Only in conversations.
     */
    public function inChat(): self
    {
        return $this->in(RunContext::Chat);
    }

    /**
     * Only in steps of flows.
     */
    public function inPipelines(): self
    {
        return $this->in(RunContext::Pipeline);
    }

    /**
     * Only in this conversation.
     */
    public function inSession(string $session): self
    {
        return $this->with('run', ['session' => $session]);
    }

    /**
     * Only in this flow, as it is configured now: whoever edits it does not come to the account by that.
     *
     * @param string $digest SHA-256 of the flow's configuration, 64 hexadecimal digits
     */
    public function inFlow(int|string $flow, string $digest): self
    {
        return $this->with('run', ['flow' => ['id' => (string) $flow, 'digest' => $digest]]);
    }

    /**
     * Only while the account's owner asks, or their own flow runs that the grant names. For persons' accounts.
     */
    public function forOwner(): self
    {
        return $this->with('for', 'owner');
    }

    /**
     * Only while one of these people asks, or their own flow runs that the grant names.
     *
     * @param int|string ...$users their numbers, or `user:N`
     */
    public function forUsers(int|string ...$users): self
    {
        $users = array_map(static fn (int|string $user) => self::named('user', $user), array_values($users));
        return $this->with('for', ['users' => $users]);
    }

    /**
     * Whoever asks, also nobody.
     */
    public function forAnyone(): self
    {
        return $this->with('for', 'anyone');
    }

    /**
     * Only where nobody asks: automation without a person.
     */
    public function forNobody(): self
    {
        return $this->with('for', 'nobody');
    }

    /**
     * From then on.
     */
    public function from(int|\DateTimeInterface $time): self
    {
        return $this->with('not_before', self::seconds($time));
    }

    /**
     * Until then, and not at that second any more.
     */
    public function until(int|\DateTimeInterface $time): self
    {
        return $this->with('expires_at', self::seconds($time));
    }

    /**
     * So many times. A use counts when a credential is handed out.
     */
    public function times(int $uses): self
    {
        return $this->with('uses', $uses);
    }

    /**
     * For people.
     */
    public function note(string $note): self
    {
        return $this->with('note', $note);
    }

    /**
     * Who gives it, such as `user:12` or `cli`, and why. Whether they may is for the caller to know.
     */
    public function by(string $who, ?string $why = null): self
    {
        return $this->with('granted_by', $who)->with('why', $why);
    }

    /**
     * As the header describes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return array_filter($this->terms, static fn (mixed $term): bool => $term !== null);
    }

    /**
     * @return array<string, mixed>
     */
    public function jsonSerialize(): array
    {
        return $this->toArray();
    }

    /**
     * `agent:7` of 7.
     *
     * @internal
     */
    public static function named(string $kind, int|string $who): string
    {
        return is_int($who) ? "{$kind}:{$who}" : $who;
    }

    private static function seconds(int|\DateTimeInterface $time): int
    {
        return is_int($time) ? $time : $time->getTimestamp();
    }

    private function with(string $term, mixed $value): self
    {
        return new self([$term => $value] + $this->terms);
    }
}
