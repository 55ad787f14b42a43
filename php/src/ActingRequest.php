<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * Who is asking right now.
 *
 *     ActingRequest::byAgent(7)->asking(12)->in(RunContext::Chat)->withoutSession()->withoutFlow()
 *         ->mayEverything()->manages();
 *
 * Each method returns another request and leaves this one as it is. What is not said is unknown, and what is unknown is
 * refused: say that there is none with a `without` method. Nothing of it may come from a tool's arguments or a model.
 */
final class ActingRequest
{
    private static ?\Closure $site = null;

    /**
     * @param array<string, mixed> $facts as the header describes them; only what is known
     */
    private function __construct(private readonly array $facts)
    {
    }

    /**
     * Who is asking right now, as the site knows it (docs/grants.md, "Where the request comes from"). Without a site,
     * all is unknown.
     */
    public static function current(): self
    {
        return self::$site === null ? self::unknown() : (self::$site)();
    }

    /**
     * Says what current() asks, which is for what knows the site to say: the drop-in does.
     *
     * @param (\Closure(): self)|null $site
     */
    public static function askedOf(?\Closure $site): void
    {
        self::$site = $site;
    }

    /**
     * An agent acts.
     *
     * @param int|string $agent its number, or `agent:N`
     */
    public static function byAgent(int|string $agent): self
    {
        return new self(['agent' => Grant::named('agent', $agent)]);
    }

    /**
     * No agent acts.
     */
    public static function withoutAgent(): self
    {
        return new self(['agent' => null]);
    }

    /**
     * Nothing is known yet, not even whether an agent acts.
     */
    public static function unknown(): self
    {
        return new self([]);
    }

    /**
     * This person is here and asks.
     */
    public function asking(int|string $user): self
    {
        return $this->with('subject', ['asking' => Grant::named('user', $user)]);
    }

    /**
     * This person's flow runs.
     */
    public function scheduled(int|string $user): self
    {
        return $this->with('subject', ['scheduled' => Grant::named('user', $user)]);
    }

    /**
     * It is done for nobody.
     */
    public function withoutPerson(): self
    {
        return $this->with('subject', null);
    }

    /**
     * In this conversation.
     */
    public function inSession(string $session): self
    {
        return $this->with('session', $session);
    }

    /**
     * In no conversation.
     */
    public function withoutSession(): self
    {
        return $this->with('session', null);
    }

    /**
     * What runs.
     */
    public function in(RunContext $context): self
    {
        return $this->with('context', $context->value);
    }

    /**
     * In this flow.
     *
     * @param int|string|null $owner  whose it is; null where it is nobody's
     * @param string          $digest SHA-256 of its configuration as it is now, 64 hexadecimal digits
     */
    public function inFlow(int|string $flow, int|string|null $owner, string $digest): self
    {
        $owner = $owner === null ? null : Grant::named('user', $owner);
        return $this->with('flow', ['id' => (string) $flow, 'owner' => $owner, 'digest' => $digest]);
    }

    /**
     * In no flow.
     */
    public function withoutFlow(): self
    {
        return $this->with('flow', null);
    }

    /**
     * What the caller may do at most.
     *
     * @param list<string>|string $operations a list, or `*`
     * @param list<string>|string $scopes     a list, or `*`
     */
    public function may(array|string $operations, array|string $scopes): self
    {
        return $this->with('may', ['operations' => $operations, 'scopes' => $scopes]);
    }

    /**
     * The caller has no limits of its own.
     */
    public function mayEverything(): self
    {
        return $this->may('*', '*');
    }

    /**
     * The site and organisations that the caller may manage: all of them; none, where none is given.
     */
    public function manages(string ...$owners): self
    {
        return $this->with('manages', array_values($owners));
    }

    /**
     * As the header describes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return $this->facts;
    }

    private function with(string $fact, mixed $value): self
    {
        return new self([$fact => $value] + $this->facts);
    }
}
