<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Acquired;
use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Dropin\Running;
use DataMachine\Connections\Dropin\WordPress;
use DataMachine\Connections\RunContext;

/**
 * What an agent may use: the questions of functions.php.
 *
 * They are the agent's door's, whatever the mode: what they allow, AgentAccess::acquire() gives. Where there is no
 * store to be asked, before a migration or where it is held, the answer is no.
 */
final class Access
{
    /** What is looked for, beside provider and scopes. */
    private const WANTED = ['owner', 'account', 'connection', 'operations'];

    /**
     * @param array<string, mixed> $wanted
     */
    private function __construct(private readonly ?ActingRequest $request, private readonly array $wanted)
    {
    }

    /**
     * @param array{
     *     request?: ActingRequest, agent_id?: int, session_id?: string,
     *     owner?: string, account?: string, connection?: string, operations?: list<string>
     * } $context `request`: who asks; else that is found out. `agent_id`: the agent whose list of tools it is, as Data
     *            Machine hands it to the filter `datamachine_resolved_tools`; it counts where no agent acts yet
     */
    public static function of(array $context): self
    {
        $wanted = array_intersect_key($context, array_flip(self::WANTED));
        try {
            $request = $context['request'] ?? null;
            return new self($request instanceof ActingRequest ? $request : self::found($context), $wanted);
        } catch (\Throwable $thrown) {
            Plugin::log(Problem::of($thrown));
            return new self(null, $wanted);
        }
    }

    /**
     * @param list<string> $scopes
     */
    public function can(string $provider, array $scopes): bool
    {
        return $this->each(['it' => ['provider' => $provider] + ($scopes === [] ? [] : ['scopes' => $scopes])])['it'];
    }

    /**
     * @param array<string, array<string, mixed>> $tools
     *
     * @return array<string, bool>
     */
    public function each(array $tools): array
    {
        $can = array_fill_keys(array_keys($tools), false);
        $store = Plugin::store();
        if ($this->request === null || $store === null || $tools === []) {
            return $can;
        }
        $tools = array_map(fn (array $tool): array => $tool + $this->wanted, $tools);
        $ask = function (array $tools) use ($store, &$can): bool {
            return Plugin::attempt(function () use ($tools, $store, &$can): void {
                foreach ($store->vault()->access()->tools($this->request, $tools) as $name => $decision) {
                    $can[$name] = $decision->allowed;
                }
            });
        };
        $asked = $ask($tools);
        // One that is asked for wrongly is refused, and takes none of the others with it.
        foreach ($asked || count($tools) === 1 ? [] : $tools as $name => $tool) {
            $ask([$name => $tool]);
        }
        return $can;
    }

    /**
     * @param array<string, mixed> $wanted
     */
    public function acquire(string $provider, array $wanted): ?Acquired
    {
        $acquired = null;
        $store = Plugin::store();
        if ($this->request !== null && $store !== null) {
            Plugin::attempt(function () use ($provider, $wanted, $store, &$acquired): void {
                $wanted += $this->wanted;
                $acquired = $store->vault()->access()->acquire($this->request, $provider, $wanted);
            });
        }
        return $acquired;
    }

    /**
     * @param array<string, mixed> $context
     */
    private static function found(array $context): ?ActingRequest
    {
        $request = ActingRequest::current();
        $facts = $request->toArray();
        $agent = is_numeric($context['agent_id'] ?? null) ? (int) $context['agent_id'] : 0;
        if ($agent <= 0 || ($facts['agent'] ?? null) === "agent:{$agent}") {
            return $request;
        }
        // Another agent's tools are none of this one's business, nor of one that is not known.
        $chats = array_key_exists('agent', $facts) && $facts['agent'] === null
            && Running::step() === null && !WordPress::unattended();
        return $chats ? self::chat($agent, $context['session_id'] ?? null) : null;
    }

    /**
     * A chat in a browser: its tools are listed before anything says that an agent acts.
     */
    private static function chat(int $agent, mixed $session): ActingRequest
    {
        $request = ActingRequest::byAgent($agent)->in(RunContext::Chat)->withoutFlow()->mayEverything()->manages();
        $request = is_string($session) && $session !== ''
            ? $request->inSession($session)
            : $request->withoutSession();
        $user = get_current_user_id();
        return $user > 0 ? $request->asking($user) : $request->withoutPerson();
    }
}
