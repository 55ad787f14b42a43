<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Connections\AgentAccess;
use DataMachine\Connections\AuditRecord;
use DataMachine\Connections\Dropin\Flow;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Grant;
use DataMachine\Connections\GrantInfo;
use DataMachine\Connections\GrantOrigin;
use DataMachine\Connections\Mode;
use DataMachine\Connections\Proposal;
use DataMachine\Connections\SaveOptions;
use DataMachine\Connections\Vault;

/**
 * What provider classes get while an agent acts: what the grants allow. And while none does: everything, as before.
 */
final class AdmissionTest extends DropinTestCase
{
    private const SITES = ['access_token' => 'fake-site', 'username' => 'site'];
    private const MINE = ['access_token' => 'fake-mine', 'username' => 'ada'];
    /** Two users. */
    private const A = 12;
    private const B = 13;
    private const CONFIG = ['s1' => ['handler' => 'reddit', 'subreddit' => 'ada']];

    private Providers\Plain $provider;
    private AgentAccess $access;

    protected function setUp(): void
    {
        parent::setUp();
        $this->provider = new Providers\Plain('reddit');
        self::assertTrue($this->provider->save_site_account(self::SITES));
        self::assertTrue($this->provider->save_account_for_user(self::A, self::MINE));
        $this->access = $this->open()->access();
        $this->mode(Mode::Enforce);
    }

    public function testAChatAgentPostsForWhoAsksAndForNobodyElse(): void
    {
        $this->grant('user:12');
        self::assertSame(self::MINE, $this->chat(self::A, $this->mine(...)));
        self::assertNull($this->provider->get_last_error());
        self::assertNull($this->chat(self::B, $this->mine(...)));
        self::assertSame(
            'The grant of agent:7 for the reddit account default of user:12 is not for whom this is done '
            . '(acting_user_mismatch). What helps: a grant has to be given by user:12.',
            $this->provider->get_last_error(),
        );
        self::assertNull($this->chat(self::B, $this->mine(...)));
        self::assertSame(['Connections: ' . $this->provider->get_last_error()], $this->logged('error'), 'Once.');
        self::assertSame('acting_user_mismatch', end($this->log)[2]['reason']);
        // Nobody acts: A's own settings page.
        self::assertSame(self::MINE, $this->mine());
        self::assertNull($this->provider->get_last_error());
    }

    public function testSomebodysNightFlowPostsUntilItIsEdited(): void
    {
        DataMachine::flow(5, self::A, 7, self::CONFIG);
        DataMachine::job(4, 5);
        self::assertNull(DataMachine::aiStep(4, 7, self::A, $this->mine(...)), 'No grant.');
        $this->grant('user:12', static fn (Grant $grant) => $grant->inFlow(5, Flow::stored(5)->digest));
        self::assertSame(self::MINE, DataMachine::aiStep(4, 7, self::A, $this->mine(...)));
        self::assertSame(self::MINE, DataMachine::step(4, $this->mine(...)), 'Also in a step that fetches.');
        self::assertNull($this->chat(self::A, $this->mine(...)), 'Not in a chat.');

        DataMachine::flow(5, self::A, 7, ['s1' => ['subreddit' => 'spam'] + self::CONFIG['s1']]);
        DataMachine::job(6, 5);
        self::assertNull(DataMachine::aiStep(6, 7, self::A, $this->mine(...)));
        self::assertStringContainsString('(flow_changed)', (string) $this->provider->get_last_error());
        self::assertNull(DataMachine::step(6, $this->mine(...)));

        // Its owner looks at it, and confirms.
        $this->grant('user:12', static fn (Grant $grant) => $grant->inFlow(5, Flow::stored(5)->digest));
        self::assertSame(self::MINE, DataMachine::aiStep(6, 7, self::A, $this->mine(...)));
        // A flow of B's with the same steps is another.
        DataMachine::flow(6, self::B, 7, ['s1' => ['subreddit' => 'spam'] + self::CONFIG['s1']]);
        DataMachine::job(7, 6);
        self::assertNull(DataMachine::aiStep(7, 7, self::B, $this->mine(...)));
    }

    public function testAPipelineWithoutAPersonUsesTheSitesAccountAndNobodysOwn(): void
    {
        DataMachine::flow(5, 0, 7, self::CONFIG);
        DataMachine::job(4, 5);
        $this->grant('site:0', static fn (Grant $grant) => $grant->forNobody()->inPipelines());
        $this->grant('user:12');
        $thinking = static fn (int $job, \Closure $do): mixed => DataMachine::aiStep($job, 7, 1, $do);
        foreach ([DataMachine::step(...), $thinking] as $in) {
            self::assertSame(self::SITES, $in(4, $this->sites(...)));
            self::assertNull($in(4, $this->mine(...)));
            self::assertStringContainsString('(acting_user_mismatch)', (string) $this->provider->get_last_error());
        }
    }

    public function testAFlowWithoutAnAgentHasNobodyWhoAsks(): void
    {
        DataMachine::flow(5, self::A, null, self::CONFIG);
        DataMachine::job(4, 5);
        $this->grant('site:0', static fn (Grant $grant) => $grant->forAnyone());
        self::assertNull(DataMachine::step(4, $this->sites(...)));
        self::assertStringContainsString('(nobody_asks)', (string) $this->provider->get_last_error());
        DataMachine::directJob(4, 7);
        self::assertNull(DataMachine::step(4, $this->sites(...)), 'A job without a flow is nobody\'s either.');
    }

    public function testEveryGetterThatHandsOutADocumentAsks(): void
    {
        $this->provider->save_account_for_agent(7, self::MINE);
        $this->provider->save_account_for_user(7, self::MINE);
        $this->provider->save_named_account('a', self::MINE, 'user', 7);
        $this->provider->save_config(['client_id' => 'fake', 'client_secret' => 'fake']);
        // An agent's own account brings its grant along.
        self::assertSame(1, $this->access->revokeAll(by: 'cli', agent: 7)->revoked);
        $reads = fn (): array => Calls::reads($this->provider);
        $before = $reads();
        $refused = $this->chat(self::B, $reads);
        foreach (Calls::NOTHING as $method => $nothing) {
            self::assertNotSame($nothing, $before[$method], $method);
            // App configs, and whether there is something, are not asked about.
            $asks = !in_array($method, ['is_configured', 'is_authenticated', 'get_config'], true);
            self::assertSame($asks ? $nothing : $before[$method], $refused[$method], $method);
        }
        foreach (['site:0', 'user:7', 'agent:7'] as $owner) {
            $this->grant($owner, static fn (Grant $grant) => $grant->forAnyone());
        }
        self::assertSame($before, $this->chat(self::B, $reads));
        self::assertSame($before, $reads());
    }

    public function testAnAgentUsesItsOwnAccountUntilSomebodyTakesThatBack(): void
    {
        $this->provider->save_account_for_agent(7, self::MINE);
        $own = fn (): ?array => $this->provider->get_account_for_agent(7);
        self::assertSame(self::MINE, $this->chat(self::B, $own));
        $grants = $this->access->grants(['agent' => 'agent:7'])->rows;
        self::assertSame([GrantOrigin::OwnAccount], array_column($grants, 'origin'));
        $this->access->revoke($grants[0]->id, by: 'cli');
        self::assertNull($this->chat(self::B, $own));
        $this->provider->delete_account_for_agent(7);
        $this->provider->save_account_for_agent(7, self::MINE);
        self::assertNull($this->chat(self::B, $own), 'Connecting anew does not bring it back.');
    }

    public function testSavesAndDeletionsAreNotAskedAbout(): void
    {
        self::assertNotContains(false, $this->chat(self::B, fn () => Calls::saves($this->provider, self::MINE)));
        self::assertNotContains(false, $this->chat(self::B, fn () => Calls::deletions($this->provider)));
        self::assertSame([], $this->events('refused', 'admitted'));
    }

    public function testARefusalIsNoAbsence(): void
    {
        $this->hook('datamachine_auth_scope_policy', static fn (): string => 'user');
        $this->grant('site:0', static fn (Grant $grant) => $grant->forAnyone());
        $read = fn (int $user) => fn () => $this->provider->get_account_for_policy_context(['user_id' => $user]);
        // B has none of their own, so the site's is meant.
        self::assertSame(self::SITES, $this->chat(self::A, $read(self::B)));
        self::assertNull($this->chat(self::A, $read(self::A)), 'A has one, and agent 7 may not use it.');
        self::assertStringContainsString('(no_grant)', (string) $this->provider->get_last_error());
        $this->grant('user:12');
        self::assertSame(self::MINE, $this->chat(self::A, $read(self::A)));
    }

    public function testWhatIsNotThereIsNotAskedFor(): void
    {
        self::assertNull($this->chat(self::A, fn () => $this->provider->get_account_for_user(99)));
        self::assertNull($this->provider->get_last_error());
        self::assertSame([[], []], [$this->events('refused', 'admitted'), [...$this->access->proposals()]]);
    }

    public function testThreeUsesAreThreeToolCalls(): void
    {
        $grant = $this->grant('user:12', static fn (Grant $grant) => $grant->times(3));
        $five = fn (): array => array_map($this->mine(...), range(1, 5));
        for ($left = 2; $left >= 0; $left--) {
            self::assertSame(array_fill(0, 5, self::MINE), $this->chat(self::A, $five));
            self::assertSame($left, $this->access->grants(['agent' => 'agent:7'])->rows[0]->usesLeft);
        }
        self::assertSame(array_fill(0, 5, null), $this->chat(self::A, $five));
        self::assertStringContainsString('(grant_exhausted)', (string) $this->provider->get_last_error());
        $admitted = array_map(static fn (AuditRecord $record) => $record->grant, $this->events('admitted'));
        self::assertSame([$grant->id, $grant->id, $grant->id], $admitted);
    }

    public function testAnotherAccountOrAnotherRequestIsAnotherUse(): void
    {
        $this->grant('user:12', static fn (Grant $grant) => $grant->times(2));
        $this->grant('site:0', static fn (Grant $grant) => $grant->forAnyone()->times(1));
        $seen = $this->chat(self::A, function (): array {
            $seen = [$this->mine(), $this->sites(), $this->mine()];
            // A call within the call is one of its own, and the outer one goes on.
            $seen[] = DataMachine::tool(7, 's-2', $this->mine(...), 'inner');
            return [...$seen, $this->mine(), $this->sites()];
        });
        self::assertSame([self::MINE, self::SITES, self::MINE, self::MINE, self::MINE, self::SITES], $seen);
        self::assertNull($this->chat(self::A, $this->mine(...)));
        self::assertNull($this->chat(self::A, $this->sites(...)));
    }

    public function testAToolCallThatThrowsIsNoWayOut(): void
    {
        wp_set_current_user(self::A);
        try {
            DataMachine::tool(7, 's-1', static fn () => throw new \RuntimeException('fake'));
        } catch (\RuntimeException) {
            self::assertNull($this->mine(), 'For all that is known, it is still under way.');
        }
        Runtime::configure(fn (): Vault => $this->open(), mode: Mode::Enforce);
        self::assertSame(self::MINE, $this->mine(), 'The next request.');
    }

    public function testWhatIsUnknownIsRefused(): void
    {
        $this->grant('user:12');
        $this->grant('site:0', static fn (Grant $grant) => $grant->forAnyone());
        foreach (
            [
                'agent' => fn () => DataMachine::tool(0, 's-1', $this->sites(...)),
                'session' => fn () => DataMachine::tool(7, 's-1', $this->sites(...), context: [
                    'client_context' => ['session_id' => 's-1'],
                ]),
                'context' => fn () => PermissionHelper::run_as_agent_context(7, 1, $this->sites(...), 'another'),
                'agent ' => fn () => DataMachine::step(404, $this->sites(...)),
            ] as $fact => $call
        ) {
            self::assertNull($call(), $fact);
            self::assertStringContainsString(trim($fact), (string) $this->provider->get_last_error());
            self::assertStringContainsString('(unknown_fact)', (string) $this->provider->get_last_error());
        }
        self::assertSame(self::SITES, DataMachine::tool(7, 's-1', $this->sites(...)));
    }

    public function testWhereDataMachineDoesNotSayWhetherAnAgentActsOneMay(): void
    {
        $this->grant('site:0', static fn (Grant $grant) => $grant->forAnyone());
        PermissionHelper::$other = true;
        self::assertNull($this->sites());
        self::assertStringContainsString('(unknown_fact)', (string) $this->provider->get_last_error());
        $this->mode(Mode::Observe);
        self::assertSame(self::SITES, $this->sites());
        self::assertSame(self::SITES, $this->chat(self::A, $this->sites(...)));
    }

    public function testNamingSomebodyElseChangesNothing(): void
    {
        $this->grant('user:12', static fn (Grant $grant) => $grant->inSession('s-1'));
        $told = [
            'acting_user_id' => self::A, 'user_id' => self::A, 'calling_user_id' => self::A,
            'input' => ['user_id' => self::A, 'agent_id' => 7, 'session_id' => 's-1'],
        ];
        $told['client_context'] = $told['input'];
        $as = function (int $user, int $agent, string $session) use (&$told): ?array {
            wp_set_current_user($user);
            return DataMachine::tool($agent, $session, $this->mine(...), context: $told);
        };
        self::assertNull($as(self::B, 7, 's-2'));
        self::assertNull($as(self::A, 9, 's-2'));
        self::assertNull($as(self::A, 7, 's-2'));
        $told['client_context'] = [];
        self::assertSame(self::MINE, $as(self::A, 7, 's-1'));
    }

    public function testACommandLineByItselfIsTheOwnersDoorAndGivesAnAgentNothing(): void
    {
        $this->grant('user:12');
        $printed = $this->process(<<<'PHP'
            define('WP_CLI', true);
            \DataMachine\Connections\Dropin\Runtime::configure(
                $opens,
                mode: \DataMachine\Connections\Mode::Enforce
            );
            wp_set_current_user(12);
            $provider = new Providers\Plain('reddit');
            $read = static fn () => $provider->get_account_for_user(12);
            $seen = [$read(), DataMachine::tool(7, 's-1', $read), $provider->get_last_error()];
            $seen[] = \DataMachine\Abilities\PermissionHelper::run_as_agent_context(7, 12, $read);
            echo json_encode($seen);
            PHP)->wait();
        [$alone, $chat, $error, $agent] = json_decode($printed, true, flags: JSON_THROW_ON_ERROR);
        self::assertSame([self::MINE, null, null], [$alone, $chat, $agent]);
        self::assertStringContainsString('(acting_user_mismatch)', $error);
    }

    public function testObservingLetsThroughAndProposesWhatEnforcingNeeds(): void
    {
        DataMachine::flow(5, self::A, 7, self::CONFIG);
        DataMachine::job(4, 5);
        $calls = [
            'A asks' => [fn () => $this->chat(self::A, $this->mine(...)), self::MINE],
            'B asks' => [fn () => $this->chat(self::B, $this->mine(...)), self::MINE],
            'a flow' => [fn () => DataMachine::aiStep(4, 7, self::A, $this->mine(...)), self::MINE],
            'the site\'s' => [fn () => $this->chat(self::B, $this->sites(...)), self::SITES],
            'a token' => [
                fn () => PermissionHelper::run_as_agent_context(9, 1, $this->sites(...), 'rest'), self::SITES,
            ],
        ];
        $this->mode(Mode::Observe);
        foreach ($calls as $name => [$call, $account]) {
            self::assertSame([$account, $account], [$call(), $call()], $name);
            self::assertNull($this->provider->get_last_error());
        }
        self::assertSame([], $this->logged('error'));
        self::assertSame([], $this->access->grants()->rows);
        $proposals = [...$this->access->proposals()];
        self::assertCount(count($calls), $proposals);
        // Each tool call is one; without any, the whole request of a token is.
        $counts = array_map(static fn (Proposal $one) => $one->count, $proposals);
        sort($counts);
        self::assertSame([1, 2, 2, 2, 2], $counts);

        $this->mode(Mode::Enforce);
        foreach ($calls as $name => [$call]) {
            self::assertNull($call(), $name);
        }
        foreach ($this->access->proposals() as $proposal) {
            self::assertNotNull($proposal->grant, (string) $proposal->decision->message);
            self::assertInstanceOf(GrantInfo::class, $this->access->accept($proposal->id, by: 'user:1'));
        }
        self::assertSame([], [...$this->access->proposals()]);
        // The next request.
        $this->mode(Mode::Enforce);
        foreach ($calls as $name => [$call, $account]) {
            self::assertSame($account, $call(), "{$name}: {$this->provider->get_last_error()}");
        }
        self::assertNull($this->chat(99, $this->mine(...)), 'Nobody else.');
    }

    public function testObservingIsWhatIsDoneWithoutAWord(): void
    {
        Runtime::configure(fn (): Vault => $this->open());
        self::assertSame(Mode::Observe, Runtime::mode());
        self::assertSame(self::MINE, $this->chat(self::B, $this->mine(...)));
    }

    public function testAnAccessThatRanOutIsHandedOutToBeRenewed(): void
    {
        $this->grant('user:12', static fn (Grant $grant) => $grant->times(1));
        $this->open()->save('reddit', 'user:12', self::MINE, options: new SaveOptions(expiresAt: time() - 60));
        self::assertSame(self::MINE, $this->chat(self::A, $this->mine(...)));
        self::assertNull($this->chat(self::A, $this->mine(...)), 'It was a use.');
    }

    public function testWhereAskingFailsObservingLetsThroughAndEnforcingRefuses(): void
    {
        $this->grant('user:12');
        // The grants cannot be read any more; accounts can.
        $this->sql('ALTER TABLE grants RENAME TO gone');
        self::assertNull($this->chat(self::A, $this->mine(...)));
        self::assertNotNull($this->provider->get_last_error());
        self::assertCount(1, $this->logged('error'));
        $this->mode(Mode::Observe);
        self::assertSame(self::MINE, $this->chat(self::A, $this->mine(...)));
        self::assertNull($this->provider->get_last_error());
        self::assertCount(2, $this->logged('error'));
    }

    public function testOneStoreMoreThanAProcessKeepsIsNoFailure(): void
    {
        $this->grant('user:12');
        foreach (Mode::cases() as $mode) {
            $this->mode($mode);
            self::assertSame(self::MINE, $this->chat(self::A, $this->mine(...)));
            for ($i = 0; $i < 9; $i++) {
                $this->open(['path' => "{$this->directory}/{$mode->value}-{$i}"]);
            }
            self::assertSame(self::MINE, $this->chat(self::A, $this->mine(...)));
            self::assertSame([], $this->logged('error'));
        }
    }

    public function testNamedAccountsThatMayNotBeUsedAreLeftOut(): void
    {
        // The option of before knew several owners of one name.
        $this->open()->save('reddit', 'user:12', self::MINE, 'work');
        $this->open()->save('reddit', 'site:0', self::SITES, 'work');
        $this->grant('user:12');
        $found = fn (): array => array_column($this->provider->find_named_accounts('work'), 'owner_type');
        self::assertSame(['user'], $this->chat(self::A, $found));
        self::assertStringContainsString('(no_grant)', (string) $this->provider->get_last_error());
        self::assertSame(['site', 'user'], $found());
    }

    public function testTheOwnersDoorIsNotRecorded(): void
    {
        $before = count($this->open()->audit()->query()->rows);
        wp_set_current_user(self::A);
        self::assertSame([self::MINE, self::SITES], [$this->mine(), $this->sites()]);
        DataMachine::action(1, $this->sites(...));
        self::assertCount($before, $this->open()->audit()->query()->rows);
    }

    private function mode(Mode $mode): void
    {
        Runtime::configure(fn (): Vault => $this->open(), self::salt(...), $mode);
    }

    /**
     * Agent 7 may do everything with an owner's accounts, where the closure says nothing else.
     *
     * @param (\Closure(Grant): Grant)|null $terms
     */
    private function grant(string $owner, ?\Closure $terms = null): GrantInfo
    {
        $grant = Grant::to(7)->use('reddit')->of($owner)->everything()->by('user:1');
        return $this->access->grant($terms === null ? $grant : $terms($grant));
    }

    /** A tool call of agent 7's, in a browser chat of this user's. */
    private function chat(int $user, \Closure $do): mixed
    {
        wp_set_current_user($user);
        return DataMachine::tool(7, "s-{$user}", $do);
    }

    /**
     * @return array<string, mixed>|null
     */
    private function mine(): ?array
    {
        return $this->provider->get_account_for_user(self::A);
    }

    /**
     * @return array<string, mixed>|null
     */
    private function sites(): ?array
    {
        return $this->provider->get_site_account();
    }

    /**
     * @return list<AuditRecord>
     */
    private function events(string ...$events): array
    {
        $of = static fn (AuditRecord $record): bool => in_array($record->event, $events, true);
        return array_values(array_filter($this->open()->audit()->query()->rows, $of));
    }
}
