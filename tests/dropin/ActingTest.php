<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Dropin\Flow;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Core\Database\Flows\Flows;
use DataMachine\Core\Database\Jobs\Jobs;
use DataMachine\Core\Database\Pipelines\Pipelines;

/**
 * Who is asking right now: every fact from what the site knows, none from what a client, a model or a tool says.
 */
final class ActingTest extends DropinTestCase
{
    private const ALL = ['operations' => '*', 'scopes' => '*'];
    private const CONFIG = [
        's1' => ['execution_order' => 0, 'handler' => 'reddit', 'settings' => ['n' => 5, 'on' => true]],
    ];

    public function testWithoutASiteAllIsUnknown(): void
    {
        Runtime::reset();
        self::assertSame([], ActingRequest::current()->toArray());
    }

    public function testAPersonWithoutAnAgent(): void
    {
        wp_set_current_user(12);
        self::assertFacts(['agent' => null, 'subject' => ['asking' => 'user:12'], 'context' => 'rest']);
        wp_set_current_user(0);
        self::assertFacts(['agent' => null, 'subject' => null, 'context' => 'rest', 'manages' => []]);
    }

    public function testWhoManagesTheSite(): void
    {
        wp_set_current_user(1);
        $facts = ActingRequest::current()->toArray();
        self::assertSame(['asking' => 'user:1'], $facts['subject']);
        // A network needs more than its first site's administrator.
        self::assertSame(is_multisite() && !is_super_admin(1) ? ['site:1'] : ['site:0', 'site:1'], $facts['manages']);
        self::assertSame([], DataMachine::tool(7, 's-1', self::facts(...))['manages'], 'No agent has.');
    }

    public function testAChatInABrowser(): void
    {
        wp_set_current_user(12);
        $facts = DataMachine::tool(7, 's-1', self::facts(...));
        self::assertSame(self::known([
            'agent' => 'agent:7',
            'subject' => ['asking' => 'user:12'],
            'session' => 's-1',
            'context' => 'chat',
        ]), $facts);
        self::assertFacts(['agent' => null, 'subject' => ['asking' => 'user:12'], 'context' => 'rest']);
    }

    public function testWhatAClientAModelOrAToolSaysChangesNothing(): void
    {
        wp_set_current_user(12);
        $told = [
            'acting_user_id' => 13,
            'user_id' => 13,
            'agent_slug' => 'another',
            'tool_name' => 'post',
            'input' => [
                'agent_id' => 9, 'user_id' => 13, 'session_id' => 's-2', 'flow_id' => 5, 'job_id' => 4,
                'acting_user_id' => 13, 'calling_user_id' => 13,
            ],
            'client_context' => [
                'agent_id' => 9, 'session_id' => 's-2', 'user_id' => 13, 'flow_id' => 5, 'job_id' => 4,
            ],
            'datamachine' => ['job_id' => 4, 'flow_step_id' => 'step_1'],
        ];
        DataMachine::flow(5, 13, 9, self::CONFIG);
        DataMachine::job(4, 5);
        $told = DataMachine::tool(7, 's-1', self::facts(...), context: $told);
        self::assertSame(DataMachine::tool(7, 's-1', self::facts(...)), $told);
    }

    public function testAConversationThatMayBeOnlyWhatTheClientSentIsUnknown(): void
    {
        $context = ['client_context' => ['session_id' => 's-1']];
        $facts = DataMachine::tool(7, 's-1', self::facts(...), context: $context);
        self::assertArrayNotHasKey('session', $facts);
        $facts = DataMachine::tool(7, null, self::facts(...), context: $context);
        self::assertNull($facts['session'], 'Data Machine did not say that there is one.');
        self::assertArrayNotHasKey('context', $facts, 'So nobody knows what it is that runs.');
    }

    public function testAToolCallWithoutAnAgentIsNotNobodys(): void
    {
        wp_set_current_user(12);
        self::assertArrayNotHasKey('agent', DataMachine::tool(0, 's-1', self::facts(...)));
    }

    public function testATokenOfAnAgentIsNoPerson(): void
    {
        wp_set_current_user(12);
        PermissionHelper::set_agent_context(7, 12, null, 3);
        self::assertFacts(['agent' => 'agent:7', 'subject' => null, 'context' => 'rest']);
        $facts = DataMachine::tool(7, 's-1', self::facts(...));
        self::assertSame(self::known(['agent' => 'agent:7', 'session' => 's-1', 'context' => 'chat']), $facts);
        PermissionHelper::clear_agent_context();
        self::assertNull(self::facts()['agent']);
    }

    public function testTwoAgentsAtOnceAreNone(): void
    {
        PermissionHelper::set_agent_context(7, 12);
        self::assertArrayNotHasKey('agent', DataMachine::tool(9, 's-1', self::facts(...)));
        PermissionHelper::set_agent_context(0, 0);
        self::assertArrayNotHasKey('agent', self::facts());
    }

    public function testAContextThatIsNotOurs(): void
    {
        PermissionHelper::run_as_agent_context(7, 12, static function (): void {
            self::assertFacts(['agent' => 'agent:7', 'subject' => null, 'context' => 'cli']);
        });
        PermissionHelper::run_as_agent_context(7, 12, static function (): void {
            self::assertArrayNotHasKey('context', self::facts());
        }, 'block_editor');
        self::assertNull(self::facts()['agent']);
    }

    public function testAFlowOfAPersons(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        DataMachine::job(4, 5);
        wp_set_current_user(13);
        $flow = ['id' => '5', 'owner' => 'user:12', 'digest' => Flow::stored(5)->digest];
        $known = self::known([
            'agent' => 'agent:7', 'subject' => ['scheduled' => 'user:12'], 'context' => 'pipeline', 'flow' => $flow,
        ]);
        self::assertSame($known, DataMachine::aiStep(4, 7, 12, self::facts(...)));
        self::assertSame($known, DataMachine::step(4, self::facts(...)), 'Also where no agent\'s context is set.');
        self::assertSame($known, DataMachine::step(4, self::facts(...), 'datamachine_resume_ai_step'));
        self::assertFacts(['agent' => null, 'subject' => ['asking' => 'user:13'], 'context' => 'rest']);
    }

    public function testAFlowOfNobodysAndWithoutAnAgent(): void
    {
        DataMachine::flow(5, 0, null, self::CONFIG);
        DataMachine::job(4, 5);
        $flow = ['id' => '5', 'owner' => null, 'digest' => Flow::stored(5)->digest];
        self::assertSame(
            self::known(['agent' => null, 'context' => 'pipeline', 'flow' => $flow]),
            DataMachine::step(4, self::facts(...)),
        );
    }

    public function testAJobWithoutAFlow(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        DataMachine::directJob(4, 7);
        wp_set_current_user(12);
        self::assertSame(self::known(['agent' => null, 'context' => 'system']), DataMachine::step(4, self::facts(...)));
        self::assertSame(
            self::known(['agent' => 'agent:7', 'context' => 'system']),
            DataMachine::aiStep(4, 7, 12, self::facts(...)),
        );
    }

    public function testAJobOrFlowThatIsNotThereIsUnknown(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        DataMachine::job(4, 5);
        $unknown = ['session' => null, 'may' => self::ALL, 'manages' => []];
        self::assertSame($unknown, self::sorted(DataMachine::step(3, self::facts(...))));
        Pipelines::forget();
        self::assertSame($unknown, self::sorted(DataMachine::step(4, self::facts(...))));
        Flows::forget();
        self::assertSame($unknown, self::sorted(DataMachine::step(4, self::facts(...))));
    }

    public function testAJobThatRunsAsAnotherAgentThanItsFlowIsUnknown(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        DataMachine::job(4, 5, ['agent_id' => '9']);
        self::assertArrayNotHasKey('agent', DataMachine::step(4, self::facts(...)));
        $facts = DataMachine::aiStep(4, 9, 13, self::facts(...));
        self::assertSame(['agent:9', false], [$facts['agent'], isset($facts['flow']) || isset($facts['subject'])]);
    }

    public function testNestedToolCalls(): void
    {
        wp_set_current_user(12);
        $seen = DataMachine::tool(7, 's-1', static function (): array {
            $inner = DataMachine::tool(9, 's-2', self::facts(...), 'peer');
            $same = DataMachine::tool(7, 's-1', self::facts(...), 'other');
            return [$inner, $same, self::facts()];
        });
        $asking = ['subject' => ['asking' => 'user:12'], 'context' => 'chat'];
        self::assertSame([
            // The conversation is one that the outer call's arguments may have named.
            self::known(['agent' => 'agent:9', 'session' => null] + $asking),
            self::known(['agent' => 'agent:7', 'session' => 's-1'] + $asking),
            self::known(['agent' => 'agent:7', 'session' => 's-1'] + $asking),
        ], $seen);
        self::assertNull(self::facts()['agent']);
    }

    public function testAToolCallThatThrowsLasts(): void
    {
        wp_set_current_user(12);
        self::assertThrown(static fn () => DataMachine::tool(7, 's-1', self::throws(...)));
        self::assertSame('agent:7', self::facts()['agent']);
        // One that began after it ends by itself; the other goes on.
        self::assertSame('agent:9', DataMachine::tool(9, 's-3', self::facts(...), 'other')['agent']);
        self::assertSame('agent:7', self::facts()['agent']);
        Runtime::configure(fn () => $this->open());
        self::assertNull(self::facts()['agent'], 'The next request.');
    }

    public function testOneThatThrewEndsWithWhatItBeganIn(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        DataMachine::job(4, 5);
        DataMachine::tool(7, 's-1', static function (): void {
            self::assertThrown(static fn () => DataMachine::tool(9, 's-2', self::throws(...), 'inner'));
            self::assertSame('agent:9', self::facts()['agent']);
        });
        self::assertNull(self::facts()['agent']);
        DataMachine::action(1, static fn () => DataMachine::aiStep(4, 7, 12, self::throws(...)));
        self::assertNull(self::facts()['agent'], 'Action Scheduler caught it, so it is over.');
        self::assertThrown(static fn () => DataMachine::aiStep(4, 7, 12, self::throws(...)));
        self::assertSame('pipeline', self::facts()['context']);
    }

    public function testAStepWithinTheRequestOfATokenDoesNotEndItsAgent(): void
    {
        DataMachine::flow(5, 12, 8, self::CONFIG);
        DataMachine::job(4, 5);
        PermissionHelper::set_agent_context(7, 12);
        DataMachine::aiStep(4, 8, 12, self::facts(...));
        self::assertNull(PermissionHelper::get_acting_agent_id(), 'Data Machine clears it.');
        $facts = self::facts();
        self::assertSame(['agent:7', null], [$facts['agent'], $facts['subject']]);
        self::assertArrayNotHasKey('context', $facts);
        PermissionHelper::set_agent_context(9, 12);
        self::assertSame('agent:9', self::facts()['agent'], 'Another one after it.');
    }

    public function testCronAndTheQueueAskForNobody(): void
    {
        wp_set_current_user(12);
        $system = ['agent' => null, 'subject' => null, 'context' => 'system', 'manages' => []];
        $cron = static fn (): bool => true;
        add_filter('wp_doing_cron', $cron);
        self::assertFacts($system);
        remove_filter('wp_doing_cron', $cron);
        $seen = [];
        $this->hook('action_scheduler_run_queue', static function () use (&$seen): void {
            $seen = self::facts();
        });
        do_action('action_scheduler_run_queue', 'Async Request');
        self::assertSame(self::known($system), $seen);
        self::assertSame(self::known($system), DataMachine::action(1, self::facts(...)));
        self::assertFacts(['agent' => null, 'subject' => ['asking' => 'user:12'], 'context' => 'rest']);
    }

    public function testACommandLineAsksForNobody(): void
    {
        $printed = $this->process(<<<'PHP'
            define('WP_CLI', true);
            wp_set_current_user(1);
            $facts = static fn () => \DataMachine\Connections\ActingRequest::current()->toArray();
            $seen = [$facts(), DataMachine::tool(7, 's-1', $facts)];
            echo json_encode($seen);
            PHP)->wait();
        $seen = array_map(self::sorted(...), json_decode($printed, true, flags: JSON_THROW_ON_ERROR));
        self::assertSame([
            self::known(['agent' => null, 'context' => 'cli']),
            self::known(['agent' => 'agent:7', 'session' => 's-1', 'context' => 'cli']),
        ], $seen);
    }

    /**
     * @return array<string, array{\Closure(): void, bool}> what somebody does, and whether the digest is another then
     */
    public static function edits(): array
    {
        $flow = static fn (array $config, array $schedule = []) => DataMachine::flow(5, 12, 7, $config, $schedule);
        $settings = static fn (array $settings) => $flow(['s1' => ['settings' => $settings] + self::CONFIG['s1']]);
        return [
            'saved as it is' => [static fn () => $flow(self::CONFIG), false],
            'members in another order' => [
                static fn () => $flow(['s1' => array_reverse(self::CONFIG['s1'])]), false,
            ],
            'the traces of runs' => [
                static fn () => $flow(self::CONFIG, ['last_run' => '2026-01-01', 'action_id' => 9]), false,
            ],
            'a setting' => [static fn () => $settings(['n' => 6, 'on' => true]), true],
            'a setting of another type' => [static fn () => $settings(['n' => '5', 'on' => true]), true],
            'another setting' => [static fn () => $settings(['n' => 5, 'on' => true, 'to' => 'x']), true],
            'another step' => [static fn () => $flow(self::CONFIG + ['s2' => []]), true],
            'what waits in a queue' => [
                static fn () => $flow(['s1' => ['prompt_queue' => [['prompt' => 'x']]] + self::CONFIG['s1']]), true,
            ],
            'the schedule' => [static fn () => $flow(self::CONFIG, ['interval' => 'hourly']), true],
            'a webhook' => [static fn () => $flow(self::CONFIG, ['webhook_enabled' => true]), true],
            'its owner' => [static fn () => DataMachine::flow(5, 13, 7, self::CONFIG), true],
            'its agent' => [static fn () => DataMachine::flow(5, 12, 8, self::CONFIG), true],
            'its pipeline' => [static function (): void {
                Pipelines::put(3, ['pipeline_config' => '{"a":{"prompt":"Write spam"}}']);
            }, true],
        ];
    }

    /**
     * @dataProvider edits
     */
    public function testTheDigestTellsAnEditFromASave(\Closure $edit, bool $changes): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        $before = Flow::stored(5)->digest;
        self::assertMatchesRegularExpression('/^[0-9a-f]{64}$/', $before);
        $edit();
        self::assertSame($changes, Flow::stored(5)->digest !== $before);
    }

    public function testAQueueThatGoesRoundIsTheSame(): void
    {
        $queue = static function (string $mode, string ...$prompts): string {
            $queue = array_map(static fn (string $prompt): array => ['prompt' => $prompt], $prompts);
            $step = ['queue_mode' => $mode, 'prompt_queue' => $queue, '_queue_consume_revision' => random_int(1, 99)];
            DataMachine::flow(5, 12, 7, ['s1' => $step]);
            return Flow::stored(5)->digest;
        };
        self::assertSame($queue('loop', 'a', 'b', 'c'), $queue('loop', 'b', 'c', 'a'));
        self::assertNotSame($queue('loop', 'a', 'b', 'c'), $queue('loop', 'b', 'c', 'd'));
        self::assertNotSame($queue('static', 'a', 'b'), $queue('static', 'b', 'a'));
        self::assertNotSame($queue('drain', 'a', 'b'), $queue('drain', 'b'));
    }

    public function testAJobThatBeganWithOtherStepsIsNotTheFlowThatIsStored(): void
    {
        $other = ['s1' => ['handler' => 'instagram'] + self::CONFIG['s1']];
        $digest = static fn (): string => DataMachine::step(4, self::facts(...))['flow']['digest'];
        DataMachine::flow(5, 12, 7, self::CONFIG);
        $confirmed = Flow::stored(5)->digest;
        // Somebody edits it, begins a job, and puts it back before its steps run.
        DataMachine::flow(5, 12, 7, $other);
        DataMachine::job(4, 5);
        self::assertSame(Flow::stored(5)->digest, $digest());
        DataMachine::flow(5, 12, 7, self::CONFIG);
        self::assertNotSame($confirmed, $digest());
        // And the other way round: it is edited while it runs.
        DataMachine::job(4, 5);
        self::assertSame($confirmed, $digest());
        DataMachine::flow(5, 12, 7, $other);
        self::assertNotContains($digest(), [$confirmed, Flow::stored(5)->digest]);
        // A job that has no copy of its own runs what is stored.
        Jobs::put(4, ['engine_data' => '{}']);
        self::assertSame(Flow::stored(5)->digest, $digest());
    }

    public function testAJobOfAPipelineWithoutStepsOfItsOwnIsItsFlow(): void
    {
        DataMachine::flow(5, 12, 7, self::CONFIG);
        Pipelines::put(3, ['pipeline_config' => '']);
        DataMachine::job(4, 5);
        self::assertSame(Flow::stored(5)->digest, DataMachine::step(4, self::facts(...))['flow']['digest']);
    }

    public function testAJobWithAQueueIsItsFlow(): void
    {
        DataMachine::flow(5, 12, 7, ['s1' => ['queue_mode' => 'static', 'prompt_queue' => [['prompt' => 'a']]]]);
        DataMachine::job(4, 5);
        self::assertSame(Flow::stored(5)->digest, DataMachine::step(4, self::facts(...))['flow']['digest']);
    }

    /**
     * @return array<string, mixed>
     */
    private static function facts(): array
    {
        return self::sorted(ActingRequest::current()->toArray());
    }

    /**
     * All facts, where these are not none.
     *
     * @param array<string, mixed> $facts
     *
     * @return array<string, mixed>
     */
    private static function known(array $facts): array
    {
        $none = ['subject' => null, 'session' => null, 'flow' => null, 'may' => self::ALL, 'manages' => []];
        return self::sorted($facts + $none);
    }

    /**
     * @param array<string, mixed> $facts
     */
    private static function assertFacts(array $facts): void
    {
        self::assertSame(self::known($facts), self::facts());
    }

    /**
     * @param array<string, mixed> $facts
     *
     * @return array<string, mixed>
     */
    private static function sorted(array $facts): array
    {
        $order = ['agent', 'subject', 'session', 'context', 'flow', 'may', 'manages'];
        return array_intersect_key(array_replace(array_flip($order), $facts), $facts);
    }

    private static function throws(): never
    {
        throw new \RuntimeException('fake');
    }

    private static function assertThrown(\Closure $do): void
    {
        try {
            $do();
        } catch (\RuntimeException $thrown) {
            self::assertSame('fake', $thrown->getMessage());
            return;
        }
        self::fail('Nothing was thrown.');
    }
}
