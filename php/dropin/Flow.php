<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Core\Database\Flows\Flows;
use DataMachine\Core\Database\Jobs\Jobs;
use DataMachine\Core\Database\Pipelines\Pipelines;

/**
 * A flow of Data Machine's as a grant names it: `Grant::inFlow($flow->id, $flow->digest)`.
 */
final class Flow
{
    /** What names the canonical form. */
    private const FORM = "datamachine flow 1\n";
    private const AS_TEXT = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE;
    /** How an item of a queue is taken, and which queues that is about. */
    private const QUEUES = [
        'queue_mode' => ['prompt_queue', 'config_patch_queue'],
        'system_prompt_queue_mode' => ['system_prompt_queue'],
    ];
    /** How often something was taken out of a queue. */
    private const TAKEN = '_queue_consume_revision';
    /** Of the schedule, what its runs leave there. */
    private const OF_RUNS = [
        'action_id', 'datamachine_last_suppressed_run', 'first_run', 'last_run', 'next_run', 'run_count',
        'schedule_reconciliation', 'scheduled_time',
    ];

    /**
     * @param string   $digest SHA-256 of the configuration, 64 hexadecimal digits
     * @param int|null $owner  the user whose it is; null where it is nobody's
     * @param int|null $agent  the agent that its steps run as; null for none
     */
    private function __construct(
        public readonly string $id,
        public readonly string $digest,
        public readonly ?int $owner,
        public readonly ?int $agent,
    ) {
    }

    /**
     * A flow as it is stored now, and runs when it is begun now. For who looks at it and then gives a grant.
     *
     * @throws \Throwable where it is not there, or Data Machine is not
     */
    public static function stored(int $id): self
    {
        return self::read($id, []);
    }

    /**
     * The flow that a job runs, as it runs; null where a job has none.
     *
     * @internal
     *
     * @throws \Throwable where that cannot be found out
     */
    public static function ofJob(int $job): ?self
    {
        $row = (new Jobs())->get_job($job) ?? throw new \UnexpectedValueException('There is no such job.');
        $flow = $row['flow_id'] ?? 'direct';
        if ($flow === 'direct') {
            return null;
        }
        $read = self::read((int) $flow, is_array($row['engine_data'] ?? null) ? $row['engine_data'] : []);
        if ($read->agent !== ((int) ($row['agent_id'] ?? 0) ?: null)) {
            // Jobs that jobs make can be made to name any flow; whose agent they run as, Data Machine has checked.
            throw new \UnexpectedValueException('The job does not run as its flow\'s agent.');
        }
        return $read;
    }

    /**
     * @param array<string, mixed> $running what a job began with
     */
    private static function read(int $id, array $running): self
    {
        $flow = (new Flows())->get_flow($id) ?? throw new \UnexpectedValueException('There is no such flow.');
        $pipeline = (new Pipelines())->get_pipeline((int) $flow['pipeline_id'])
            ?? throw new \UnexpectedValueException('There is no such pipeline.');
        // As a job takes them: what is no array is none.
        $steps = array_map(static fn (mixed $steps): array => is_array($steps) ? $steps : [], [
            'flow_config' => $flow['flow_config'],
            'pipeline_config' => $pipeline['pipeline_config'] ?? [],
        ]);
        $form = self::FORM . self::canonical($steps + [
            'site' => function_exists('get_current_blog_id') ? get_current_blog_id() : 1,
            'flow_id' => $id,
            'flow_name' => $flow['flow_name'] ?? '',
            'pipeline_id' => (int) $flow['pipeline_id'],
            'pipeline_name' => $pipeline['pipeline_name'] ?? '',
            'user_id' => (int) ($flow['user_id'] ?? 0),
            'agent_id' => (int) ($flow['agent_id'] ?? 0),
            'scheduling_config' => array_diff_key((array) $flow['scheduling_config'], array_flip(self::OF_RUNS)),
        ]);
        // A job goes on with the steps that it began with. Where these are others, no grant names both.
        $began = self::canonical(array_map(self::withoutQueues(...), array_intersect_key($running, $steps)));
        $stored = self::canonical(array_map(self::withoutQueues(...), array_intersect_key($steps, $running)));
        return new self(
            (string) $id,
            hash('sha256', $began === $stored ? $form : "{$form}\n{$began}"),
            (int) ($flow['user_id'] ?? 0) ?: null,
            (int) ($flow['agent_id'] ?? 0) ?: null,
        );
    }

    /**
     * Steps without what waits in their queues: a job begins without it, and takes it from where the flow is stored.
     */
    private static function withoutQueues(mixed $steps): mixed
    {
        $queues = array_flip([self::TAKEN, ...array_merge(...array_values(self::QUEUES))]);
        $without = static fn (mixed $step): mixed => is_array($step) ? array_diff_key($step, $queues) : $step;
        return is_array($steps) ? array_map($without, $steps) : $steps;
    }

    /**
     * The same for what is the same: whatever the order of members, and wherever a queue that goes round has come to.
     *
     * @throws \JsonException
     */
    private static function canonical(mixed $value): string
    {
        return json_encode(self::ordered($value), self::AS_TEXT);
    }

    private static function ordered(mixed $value): mixed
    {
        if (!is_array($value)) {
            return $value;
        }
        $value = array_map(self::ordered(...), $value);
        if (array_is_list($value)) {
            return $value;
        }
        foreach (self::QUEUES as $mode => $queues) {
            foreach (($value[$mode] ?? null) === 'loop' ? $queues : [] as $queue) {
                if (is_array($value[$queue] ?? null)) {
                    usort($value[$queue], static fn (mixed $a, mixed $b): int => json_encode($a) <=> json_encode($b));
                }
            }
        }
        unset($value[self::TAKEN]);
        ksort($value, SORT_STRING);
        return $value;
    }
}
