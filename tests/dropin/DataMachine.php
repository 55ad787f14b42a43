<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Core\Database\Flows\Flows;
use DataMachine\Core\Database\Jobs\Jobs;
use DataMachine\Core\Database\Pipelines\Pipelines;

/**
 * What Data Machine 0.175.11 does around the code of a provider: hooks, contexts and rows, in its order.
 */
final class DataMachine
{
    /** What the step that runs does. */
    private static ?\Closure $runs = null;
    private static bool $listening = false;

    public static function forget(): void
    {
        PermissionHelper::clear_agent_context();
        PermissionHelper::$user = 0;
        PermissionHelper::$other = false;
        Flows::forget();
        Jobs::forget();
        Pipelines::forget();
        self::$runs = null;
    }

    /**
     * A tool call: the policy's filter before it, the audit's action after it, unless it throws.
     *
     * @param array<string, mixed> $context what else the filter is told
     */
    public static function tool(
        int $agent,
        ?string $session,
        \Closure $do,
        string $tool = 'post',
        array $context = [],
    ): mixed {
        $context += array_filter(['agent_id' => $agent, 'session_id' => $session]) + ['client_context' => []];
        apply_filters('datamachine_tool_action_policy', 'direct', $tool, 'chat', $context);
        $result = $do();
        do_action('datamachine_tool_execution_audit', ['tool_name' => $tool, 'result_status' => 'success']);
        return $result;
    }

    /**
     * A step of a job, in which no agent's context is set.
     */
    public static function step(int $job, \Closure $do, string $hook = 'datamachine_execute_step'): mixed
    {
        if (!self::$listening) {
            self::$listening = true;
            foreach (['datamachine_execute_step', 'datamachine_resume_ai_step'] as $name) {
                add_action($name, static fn () => (self::$runs ?? static fn () => null)());
            }
        }
        $result = null;
        $outer = self::$runs;
        self::$runs = static function () use ($do, &$result): void {
            $result = $do();
        };
        try {
            do_action($hook, $job, 'step_1');
        } finally {
            self::$runs = $outer;
        }
        return $result;
    }

    /**
     * A step in which an agent acts, and within it one tool call.
     */
    public static function aiStep(int $job, int $agent, int $owner, \Closure $do): mixed
    {
        return self::step($job, static function () use ($agent, $owner, $do): mixed {
            $before = get_current_user_id();
            wp_set_current_user($owner);
            PermissionHelper::set_agent_context($agent, $owner);
            try {
                return self::tool($agent, null, $do);
            } finally {
                PermissionHelper::clear_agent_context();
                wp_set_current_user($before);
            }
        });
    }

    /**
     * An action of Action Scheduler's, which catches what it throws.
     */
    public static function action(int $id, \Closure $do): mixed
    {
        try {
            do_action('action_scheduler_before_execute', $id, 'Async Request');
            $result = $do();
            do_action('action_scheduler_after_execute', $id, null, 'Async Request');
            return $result;
        } catch (\Exception $thrown) {
            do_action('action_scheduler_failed_execution', $id, $thrown, 'Async Request');
            return null;
        }
    }

    /**
     * A flow of one pipeline's, as it is stored.
     *
     * @param array<string, mixed> $config
     * @param array<string, mixed> $schedule
     */
    public static function flow(int $id, int $owner, ?int $agent, array $config, array $schedule = []): void
    {
        if (Pipelines::row(3) === null) {
            $steps = '{"a":{"prompt":"Write"}}';
            Pipelines::put(3, ['pipeline_id' => '3', 'pipeline_name' => 'Posts', 'pipeline_config' => $steps]);
        }
        Flows::put($id, [
            'flow_id' => (string) $id,
            'pipeline_id' => '3',
            'user_id' => (string) $owner,
            'agent_id' => $agent === null ? null : (string) $agent,
            'flow_name' => 'Nightly',
            'portable_slug' => null,
            'flow_config' => json_encode($config, JSON_THROW_ON_ERROR),
            'scheduling_config' => json_encode($schedule, JSON_THROW_ON_ERROR),
        ]);
    }

    /**
     * A job that runs a flow: it begins with a copy of its steps, without their queues.
     *
     * @param array<string, mixed> $other columns that are otherwise
     */
    public static function job(int $id, int $flow, array $other = []): void
    {
        $row = Flows::row($flow);
        $steps = array_map(
            static fn (array $step): array => array_diff_key($step, array_flip(['prompt_queue', 'config_patch_queue'])),
            json_decode((string) $row['flow_config'], true),
        );
        Jobs::put($id, $other + [
            'job_id' => (string) $id,
            'flow_id' => (string) $flow,
            'pipeline_id' => '3',
            'user_id' => $row['user_id'],
            'agent_id' => $row['agent_id'],
            'engine_data' => json_encode([
                'flow_config' => $steps,
                'pipeline_config' => json_decode((string) Pipelines::row(3)['pipeline_config'], true) ?? [],
                'job' => ['flow_id' => $flow],
            ], JSON_THROW_ON_ERROR),
        ]);
    }

    /**
     * A job without a flow: a workflow that somebody handed over, or a task of the system's.
     */
    public static function directJob(int $id, ?int $agent = null): void
    {
        Jobs::put($id, [
            'job_id' => (string) $id,
            'flow_id' => 'direct',
            'pipeline_id' => 'direct',
            'user_id' => '1',
            'agent_id' => $agent === null ? null : (string) $agent,
            'engine_data' => '{"flow_config":{"s":{"flow_id":5}}}',
        ]);
    }
}
