<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Grant;
use DataMachine\Connections\RunContext;
use DataMachine\Connections\Status;

/**
 * Each reason code, reached through the library, with its clause, its remedy and who can act.
 */
final class ReasonsTest extends AgentTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        $this->vault->save('reddit', 'user:1', ['access_token' => 'fake'], 'default', ['scopes' => ['read', 'submit']]);
    }

    /**
     * What is there beside user:1's account of reddit, who asks, what for, and what they get to hear.
     *
     * @return array<string, array{\Closure(self): mixed, ActingRequest, array<string, mixed>, list<string|null>}>
     */
    public static function reasons(): array
    {
        return self::ofTheRequest() + self::ofTheGrants() + self::ofTheRest();
    }

    /**
     * @return array<string, array{\Closure(self): mixed, ActingRequest, array<string, mixed>, list<string|null>}>
     */
    private static function ofTheRequest(): array
    {
        $nothing = static fn () => null;
        $given = self::given();
        $nobody = ActingRequest::withoutAgent()->in(RunContext::Cli)->withoutSession()->withoutFlow()
            ->mayEverything()->manages();
        [$chat, $publish] = [self::chat(1), ['operations' => ['publish']]];
        return [
            'no_connection' => [
                $nothing, $chat, ['account' => 'other'], ['connection', 'connect', 'owner', 'user:1'],
            ],
            'ambiguous_account' => [
                static function (self $test) use ($given): void {
                    $given($test);
                    $test->vault->save('reddit', 'user:1', ['access_token' => 'fake'], 'a');
                    $test->vault->save('reddit', 'user:1', ['access_token' => 'fake'], 'b');
                    $test->vault->delete('reddit', 'user:1');
                },
                $chat, $publish, ['connection', 'name_account', 'caller', null],
            ],
            'unknown_fact' => [
                $given, ActingRequest::byAgent(7)->asking(1), $publish, ['request', 'ask_as_owner', 'owner', 'user:1'],
            ],
            'nobody_asks' => [
                $nothing, $nobody->scheduled(1), $publish, ['request', 'ask_as_owner', 'owner', 'user:1'],
            ],
            'not_the_owner' => [
                $nothing, $nobody->asking(2), ['owner' => 'user:1'], ['request', 'ask_as_owner', 'owner', 'user:1'],
            ],
            'forbidden' => [
                static function (self $test) use ($given): void {
                    $given($test);
                    $test->access->grant(
                        Grant::against(7)->use('reddit')->of('user:1')->operations('publish')->by('user:1'),
                    );
                },
                $chat, $publish, ['forbid', 'lift', 'owner', 'user:1'],
            ],
        ];
    }

    /**
     * @return array<string, array{\Closure(self): mixed, ActingRequest, array<string, mixed>, list<string|null>}>
     */
    private static function ofTheGrants(): array
    {
        $nothing = static fn () => null;
        $give = self::give(...);
        $given = self::given();
        $digest = hash('sha256', 'flow');
        $past = static fn (Grant $grant) => $grant->until(time() + 3);
        [$chat, $publish] = [self::chat(1), ['operations' => ['publish']]];
        return [
            'no_grant' => [$nothing, $chat, $publish, ['grant', 'grant', 'owner', 'user:1']],
            'grant_revoked' => [
                static fn (self $test) => $test->access->revoke($given($test)->id, 'user:1'),
                $chat, $publish, ['grant.revoked', 'grant', 'owner', 'user:1'],
            ],
            'grant_not_yet' => [
                $give(static fn (Grant $grant) => $grant->from(4_000_000_000)),
                $chat, $publish, ['grant.not_before', 'wait', 'nobody', null],
            ],
            'grant_expired' => [
                static function (self $test) use ($give, $past): void {
                    $end = $give($past)($test)->expiresAt;
                    while (time() <= $end) {
                        usleep(100_000);
                    }
                },
                $chat, $publish, ['grant.expires_at', 'grant', 'owner', 'user:1'],
            ],
            'grant_exhausted' => [
                static function (self $test) use ($give, $chat, $publish): void {
                    $give(static fn (Grant $grant) => $grant->times(1))($test);
                    self::assertTrue($test->access->acquire($chat, 'reddit', $publish)->allowed);
                },
                $chat, $publish, ['grant.uses', 'grant', 'owner', 'user:1'],
            ],
            'context_not_allowed' => [
                $give(static fn (Grant $grant) => $grant->inPipelines()),
                $chat, $publish, ['grant.contexts', 'grant', 'owner', 'user:1'],
            ],
            'session_mismatch' => [
                $give(static fn (Grant $grant) => $grant->inSession('mine')),
                $chat->inSession('other'), $publish, ['grant.session', 'grant', 'owner', 'user:1'],
            ],
            'flow_mismatch' => [
                $give(static fn (Grant $grant) => $grant->inFlow(5, $digest)),
                $chat, $publish, ['grant.flow', 'grant', 'owner', 'user:1'],
            ],
            'flow_changed' => [
                $give(static fn (Grant $grant) => $grant->inFlow(5, $digest)),
                $chat->inFlow(5, 3, hash('sha256', 'edited')), $publish,
                ['grant.flow.digest', 'confirm_flow', 'flow_owner', 'user:3'],
            ],
            'acting_user_mismatch' => [
                $give(static fn (Grant $grant) => $grant->forUsers(2)),
                $chat, $publish, ['grant.for', 'grant', 'owner', 'user:1'],
            ],
            'scope_missing' => [
                $given, $chat, ['operations' => ['vote']], ['grant.powers', 'widen', 'owner', 'user:1'],
            ],
        ];
    }

    /**
     * @return array<string, array{\Closure(self): mixed, ActingRequest, array<string, mixed>, list<string|null>}>
     */
    private static function ofTheRest(): array
    {
        $give = self::give(...);
        $given = self::given();
        [$chat, $publish] = [self::chat(1), ['operations' => ['publish']]];
        return [
            'caller_ceiling' => [
                $given, $chat->may(['read'], []), $publish, ['caller', 'none', 'nobody', null],
            ],
            'provider_ceiling' => [
                $give(static fn (Grant $grant) => $grant->everything()),
                $chat, ['scopes' => ['modposts']], ['catalogue', 'none', 'nobody', null],
            ],
            'scope_missing of the provider' => [
                $give(static fn (Grant $grant) => $grant->everything()),
                $chat, ['operations' => ['vote']], ['provider', 'reconnect', 'owner', 'user:1'],
            ],
            'integrity' => [
                self::edited("UPDATE connections SET scopes = 'read submit vote'"),
                $chat, $publish, ['connection.integrity', 'operator', 'operator', null],
            ],
            'integrity of the grants' => [
                self::edited('DELETE FROM grants'),
                $chat, $publish, ['grants', 'operator', 'operator', null],
            ],
            'key_unavailable' => [
                self::status(Status::KeyUnavailable), $chat, $publish,
                ['connection.status', 'operator', 'operator', null],
            ],
            'needs_reauth' => [
                self::status(Status::NeedsReauth), $chat, $publish,
                ['connection.status', 'reconnect', 'owner', 'user:1'],
            ],
            'connection_expired' => [
                self::status(Status::Expired), $chat, $publish, ['connection.status', 'reconnect', 'owner', 'user:1'],
            ],
        ];
    }

    /**
     * Gives agent 7 a grant for publishing, on terms of its own.
     *
     * @param \Closure(Grant): Grant $terms
     */
    private static function give(\Closure $terms): \Closure
    {
        return static fn (self $test) => $test->access->grant($terms(
            Grant::to(7)->use('reddit')->of('user:1')->operations('publish')->by('user:1'),
        ));
    }

    private static function given(): \Closure
    {
        return self::give(static fn (Grant $grant) => $grant);
    }

    private static function status(Status $status): \Closure
    {
        return static function (self $test) use ($status): void {
            self::given()($test);
            $test->vault->setStatus('reddit', 'user:1', $status);
        };
    }

    /** Somebody has the database in hand. */
    private static function edited(string $sql): \Closure
    {
        return static function (self $test) use ($sql): void {
            self::given()($test);
            $place = $test->place() . '/connections.sqlite';
            Process::run('(new SQLite3($arguments[0]))->exec($arguments[1]);', [$place, $sql]);
        };
    }

    /**
     * @dataProvider reasons
     *
     * @param \Closure(self): mixed $furnish
     * @param array<string, mixed>  $wanted
     * @param list<string|null>     $expected clause, remedy, who, whose
     */
    public function testReason(\Closure $furnish, ActingRequest $request, array $wanted, array $expected): void
    {
        $furnish($this);
        $decision = $this->access->check($request, 'reddit', $wanted);
        $remedy = $decision->remedy();
        $reason = explode(' ', (string) $this->dataName())[0];
        self::assertSame(
            [$reason, ...$expected],
            [$decision->reason, $decision->clause, $remedy?->code, $remedy?->who, $remedy?->whose],
        );
        self::assertFalse($decision->allowed);
        self::assertNotSame('', (string) $decision->message);
        self::assertSame([], $decision->operations);
        self::assertNull($decision->scopes);
    }

    /**
     * Whoever adds a reason to the library adds how it is reached here, and to the header.
     */
    public function testEachReasonOfTheLibraryIsAmongThem(): void
    {
        $source = (string) file_get_contents(__DIR__ . '/../../src/grants/reason.rs');
        $named = static function (string $function) use ($source): array {
            self::assertSame(1, preg_match("~pub fn {$function}\(self\)[^{]*\{(.*?)\n    \}\n~s", $source, $body));
            preg_match_all('~((?:Self::\w+[\s|]*)+)=> "([^"]+)"~', $body[1], $arms, PREG_SET_ORDER);
            $named = [];
            foreach ($arms as [, $variants, $name]) {
                preg_match_all('~\w+(?=[\s|]*(?:Self|$))(?<!Self)~', $variants, $found);
                $named += array_fill_keys($found[0], $name);
            }
            ksort($named);
            return $named;
        };
        self::assertSame(1, preg_match('~pub enum Reason \{(.*?)\n\}~s', $source, $body));
        preg_match_all('~^    (\w+),$~m', $body[1], $variants);
        [$codes, $clauses] = [$named('code'), $named('clause')];
        sort($variants[1]);
        self::assertSame([$variants[1], $variants[1]], [array_keys($codes), array_keys($clauses)]);
        $all = array_map(static fn (string $of) => "{$codes[$of]} {$clauses[$of]}", $variants[1]);

        $reached = [];
        foreach (self::reasons() as $name => [, , , $expected]) {
            $reached[] = explode(' ', $name)[0] . " {$expected[0]}";
        }
        // A whole pair of grants that is not to be believed has a clause of its own.
        self::assertEqualsCanonicalizing([...$all, 'integrity grants'], $reached);

        $header = (string) file_get_contents(__DIR__ . '/../../include/dm_connections.h');
        self::assertSame(1, preg_match('~^/// - `reason`: ([a-z_,\s/]+?)\n/// - ~m', $header, $list));
        preg_match_all('~[a-z_]+~', $list[1], $told);
        self::assertEqualsCanonicalizing(array_values(array_unique($codes)), $told[0]);
    }

    public function testWhatIsMissingIsNamed(): void
    {
        $grant = Grant::to(7)->use('reddit')->of('user:1')->by('user:1');
        $this->access->grant($grant->operations('publish'));
        $remedy = $this->access->check(self::chat(1), 'reddit', ['operations' => ['vote', 'publish']])->remedy();
        self::assertSame([['vote'], []], [$remedy?->operations, $remedy?->scopes]);
        $this->access->grant($grant->everything());
        $remedy = $this->access->check(self::chat(1), 'reddit', ['operations' => ['vote']])->remedy();
        self::assertSame([[], ['vote']], [$remedy?->operations, $remedy?->scopes]);
        $later = Grant::to(8)->use('reddit')->of('user:1')->everything()->from(4_000_000_000);
        $wait = $this->access->grant($later->by('cli'));
        $decision = $this->access->check(self::chat(1, 8), 'reddit');
        self::assertSame([4_000_000_000, $wait->id], [$decision->remedy()?->until, $decision->grant]);
        $unknown = $this->access->check(ActingRequest::unknown(), 'reddit', ['owner' => 'user:1']);
        self::assertSame(['unknown_fact', 'agent'], [$unknown->reason, $unknown->fact]);
    }

    /**
     * Each fact by itself: without it the request is refused, whatever the grants say.
     */
    public function testEachUnknownFactRefuses(): void
    {
        $this->access->grant(Grant::to(7)->use('reddit')->of('user:1')->everything()->forAnyone()->by('user:1'));
        self::assertTrue($this->access->check(self::chat(1), 'reddit')->allowed);
        $whole = self::chat(1)->toArray();
        foreach (array_keys($whole) as $fact) {
            $request = $this->fromArray(array_diff_key($whole, [$fact => true]));
            $decision = $this->access->check($request, 'reddit', ['owner' => 'user:1']);
            self::assertSame(['unknown_fact', $fact], [$decision->reason, $decision->fact]);
        }
    }

    public function testWhatIsNoRequestAndNoGrantIsRefused(): void
    {
        $whole = self::chat(1)->toArray();
        $digest = hash('sha256', '');
        $wrong = [
            ['nonsense' => 1], ['agent' => 7], ['agent' => 'user:7'], ['agent' => 'agent:0'], ['agent' => 'agent:07'],
            ['subject' => 'user:1'], ['subject' => ['asking' => 1]], ['subject' => ['asking' => 'user:1', 'x' => 1]],
            ['session' => ''], ['session' => "a\0b"], ['session' => str_repeat('a', 256)], ['context' => 'Chat'],
            ['context' => 1], ['flow' => ['id' => '5', 'digest' => $digest]], ['flow' => 'x'], ['may' => '*'],
            ['flow' => ['id' => '5', 'owner' => null, 'digest' => strtoupper($digest) . 'x']],
            ['may' => ['scopes' => '*']], ['may' => ['scopes' => '*', 'operations' => 'publish']],
            ['may' => ['scopes' => ['a b'], 'operations' => '*']], ['manages' => ['everybody']],
            ['manages' => 'site:0'],
        ];
        foreach ($wrong as $part) {
            $request = $this->fromArray($part + $whole);
            $thrown = self::assertThrows(
                InvalidArgumentException::class,
                fn () => $this->access->check($request, 'reddit'),
            );
            self::assertStringContainsString('request: ', $thrown->getMessage());
        }
        $wanted = [['nonsense' => 1], ['scopes' => '*'], ['operations' => [1]], ['owner' => 'x']];
        foreach ($wanted as $part) {
            self::assertThrows(
                InvalidArgumentException::class,
                fn () => $this->access->check(self::chat(1), 'reddit', $part),
            );
        }
        $grant = Grant::to(7)->use('reddit')->of('user:1')->operations('read')->by('user:1');
        $grants = [
            Grant::to('somebody')->use('reddit')->of('user:1')->operations('read')->by('user:1'),
            Grant::to(7)->use('reddit')->of('user:1')->by('user:1'),
            Grant::to(7)->use('reddit')->operations('read')->by('user:1'),
            Grant::to(7)->use('reddit')->of('user:1')->operations('read'),
            $grant->useConnection('01932c07-20bd-7000-8000-000000000000'),
            $grant->operations('fly'), $grant->of('site:0'), $grant->of('site:0')->forOwner(), $grant->forUsers(),
            $grant->until(1), $grant->until(-1), $grant->times(0), $grant->times(-1), $grant->in(), $grant->note(''),
            $grant->inFlow(5, 'no digest'), $grant->inSession(''), $grant->scopes('two words'),
        ];
        foreach ($grants as $number => $one) {
            self::assertThrows(InvalidArgumentException::class, fn () => $this->access->grant($one));
            self::assertCount(0, $this->access->grants(), "grant {$number}");
        }
        $this->access->grant($grant);
    }

    /**
     * @param array<string, mixed> $facts
     */
    private function fromArray(array $facts): ActingRequest
    {
        // Past the builder, as a caller of the C ABI may be.
        $class = new \ReflectionClass(ActingRequest::class);
        $request = $class->newInstanceWithoutConstructor();
        $class->getConstructor()?->invoke($request, $facts);
        return $request;
    }
}
