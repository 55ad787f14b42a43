<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;

/**
 * What agents may use: grants, and what they decide. `Vault::access()` makes one.
 *
 * Agents own no credentials; by itself an agent may use nothing. Who may give and take back is for the caller to know.
 */
final class AgentAccess
{
    /**
     * @internal
     */
    public function __construct(private readonly Handle $store)
    {
    }

    /**
     * Gives an agent a grant.
     *
     *     $access->grant(Grant::to(7)->use('instagram')->of('user:12')->operations('publish')->by('user:12'));
     */
    public function grant(Grant $grant): GrantInfo
    {
        return new GrantInfo(Library::json('dm_grant_create', [$this->store, Json::options($grant->toArray())]));
    }

    /**
     * Takes a grant back. The next decision of every process knows it.
     *
     * @param string $by who takes it back, such as `user:12`
     */
    public function revoke(string $id, string $by, ?string $why = null): Revoked
    {
        if ($id === '') {
            throw new InvalidArgumentException('id: must not be empty; revokeAll() takes back more than one.');
        }
        return $this->takeBack($id, ['by' => $by, 'why' => $why]);
    }

    /**
     * Takes back everything that an agent has, that an owner gave, or that this agent has of this owner. Also the way
     * out where something else than the library changed their grants.
     */
    public function revokeAll(
        string $by,
        int|string|null $agent = null,
        ?string $owner = null,
        ?string $why = null,
    ): Revoked {
        $agent = $agent === null ? null : Grant::named('agent', $agent);
        return $this->takeBack('', ['by' => $by, 'why' => $why, 'agent' => $agent, 'owner' => $owner]);
    }

    /**
     * Lists grants, one page.
     *
     * @param array{
     *     agent?: string, owner?: string, provider?: string, connection?: string, origin?: string, revoked?: bool,
     *     limit?: int, after?: string
     * } $query
     *
     * @return Page<GrantInfo>
     */
    public function grants(array $query = []): Page
    {
        $found = Library::json('dm_grant_list', [$this->store, Json::options($query)]);
        return new Page(array_map(static fn (array $grant) => new GrantInfo($grant), $found['items']), $found['next']);
    }

    /**
     * Whether a request may use a connection now, and why not. Nothing is counted, written or decrypted.
     *
     * @param array{
     *     owner?: string, account?: string, connection?: string, scopes?: list<string>, operations?: list<string>
     * } $wanted
     */
    public function check(ActingRequest $request, string $provider, array $wanted = []): Decision
    {
        $wanted = Json::options(['provider' => $provider] + $wanted);
        return new Decision(Library::json('dm_grant_check', [$this->store, self::request($request), $wanted]));
    }

    /**
     * Asks for a credential, for as long as it takes to call the provider. It is decided, counted and recorded before
     * it is handed out.
     *
     *     $instagram = $access->acquire($request, 'instagram', ['operations' => ['publish']]);
     *     if (!$instagram->allowed) {
     *         return $instagram->decision->message;
     *     }
     *     publish($instagram->get('access_token'));
     *
     * @param array{
     *     owner?: string, account?: string, connection?: string, scopes?: list<string>, operations?: list<string>
     * } $wanted
     */
    public function acquire(ActingRequest $request, string $provider, array $wanted = []): Acquired
    {
        $wanted = Json::options(['provider' => $provider] + $wanted);
        $arguments = [$this->store, self::request($request), $wanted];
        [$decision, $credential] = Library::call('dm_conn_acquire', $arguments, 2);
        return new Acquired(
            new Decision(Json::decode($decision)),
            $credential === '' ? null : Document::fromJson($credential),
        );
    }

    /**
     * Whether a provider's class may read a whole document for a request; the drop-in classes ask this.
     *
     * @param array{owner?: string, account?: string, connection?: string} $wanted
     */
    public function admit(ActingRequest $request, string $provider, array $wanted, Mode $mode): Decision
    {
        $wanted = Json::options(['provider' => $provider] + $wanted);
        return new Decision(Library::json('dm_grant_admit', [
            $this->store, self::request($request), $wanted, $mode->value,
        ]));
    }

    /**
     * What was refused to provider classes, or would have been, and would be still: each with the grant that would let
     * it through. Read page by page: one may have nothing that would be refused still, and not be the last.
     *
     * @return \Generator<int, Proposal>
     */
    public function proposals(): \Generator
    {
        $page = fn (?string $after): array => Library::json('dm_proposal_list', [
            $this->store, Json::options(['after' => $after]),
        ]);
        foreach (self::items($page) as $proposal) {
            yield new Proposal($proposal);
        }
    }

    /**
     * Gives the grant that is proposed; null where the request is allowed by now.
     *
     * @param string $by who gives it, such as `user:12`
     */
    public function accept(string $proposal, string $by, ?string $why = null): ?GrantInfo
    {
        $options = Json::options(['by' => $by, 'why' => $why]);
        $told = Library::json('dm_proposal_accept', [$this->store, $proposal, $options]);
        return $told['grant'] === null ? null : new GrantInfo($told['grant']);
    }

    /**
     * Forgets a proposal. The same request met again proposes it again.
     */
    public function dismiss(string $proposal): void
    {
        Library::call('dm_proposal_dismiss', [$this->store, $proposal]);
    }

    /**
     * The same, with every connection that might have been meant, every grant about it, and why it fell.
     *
     * @param array{
     *     owner?: string, account?: string, connection?: string, scopes?: list<string>, operations?: list<string>
     * } $wanted
     */
    public function explain(ActingRequest $request, string $provider, array $wanted = []): Explanation
    {
        return new Explanation($this->answer([
            'request' => (object) $request->toArray(),
            'wanted' => ['provider' => $provider] + $wanted,
        ]));
    }

    /**
     * Who can use a connection now beside its owner: the live grants about it, and what forbids.
     */
    public function whoCanUse(string $connection): ConnectionUses
    {
        $page = fn (?string $after = null): array => $this->answer(['connection' => $connection, 'after' => $after]);
        return new ConnectionUses($page(), $page);
    }

    /**
     * What an agent can use now, and for whom: its live grants with the connections that they are about, read page by
     * page.
     *
     * @return \Generator<int, Reached>
     */
    public function whatCanUse(int|string $agent): \Generator
    {
        $agent = Grant::named('agent', $agent);
        $page = fn (?string $after): array => $this->answer(['agent' => $agent, 'after' => $after]);
        foreach (self::items($page) as $reached) {
            yield new Reached($reached);
        }
    }

    /**
     * Decides about up to 1000 tools in one call, so that an agent's list shows only what would work.
     *
     * @param array<string, array{
     *     provider: string, owner?: string, account?: string, connection?: string, scopes?: list<string>,
     *     operations?: list<string>
     * }> $tools what each wants, by its name
     *
     * @return array<string, Decision> by the tools' names
     */
    public function tools(ActingRequest $request, array $tools): array
    {
        if ($tools !== [] && array_is_list($tools)) {
            throw new InvalidArgumentException('tools: has to have the tools\' names as its keys.');
        }
        $found = Library::json('dm_tools_resolve', [$this->store, self::request($request), Json::options($tools)]);
        return array_map(static fn (array $answer) => new Decision($answer), $found);
    }

    /**
     * @param \Closure(?string $after): array<string, mixed> $page
     *
     * @return \Generator<int, array<string, mixed>> what all pages have
     */
    private static function items(\Closure $page): \Generator
    {
        $after = null;
        do {
            ['items' => $items, 'next' => $after] = $page($after);
            foreach ($items as $item) {
                yield $item;
            }
        } while ($after !== null);
    }

    private static function request(ActingRequest $request): string
    {
        return Json::options($request->toArray());
    }

    /**
     * @param array<string, mixed> $question
     *
     * @return array<string, mixed>
     */
    private function answer(array $question): array
    {
        return Library::json('dm_grant_explain', [$this->store, Json::options($question)]);
    }

    /**
     * @param array<string, string|null> $options
     */
    private function takeBack(string $id, array $options): Revoked
    {
        return new Revoked(Library::json('dm_grant_revoke', [$this->store, $id, Json::options($options)]));
    }
}
