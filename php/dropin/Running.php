<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Abilities\PermissionHelper;

/**
 * What is under way in this PHP request, as Data Machine's hooks tell: tool calls of agents, steps of jobs.
 *
 * Data Machine says before each of them that it begins, and after it that it ended, but not where something was thrown.
 * What did not end goes on until what it began in ends, and at the latest until the PHP request does: that asks more
 * than it has to, never less.
 *
 * @internal
 */
final class Running
{
    /** What begins something, and what is told when it ended. */
    private const TOOL = ['datamachine_tool_action_policy', 'datamachine_tool_execution_audit'];
    private const STEP = ['datamachine_execute_step', 'datamachine_resume_ai_step'];
    private const ACTION = [
        'action_scheduler_before_execute',
        'action_scheduler_after_execute',
        'action_scheduler_failed_execution',
        'action_scheduler_failed_validation',
        'action_scheduler_execution_ignored',
    ];

    /** @var list<Frame> what is under way, outermost first */
    private static array $frames = [];
    /** An agent context that a step within it took away for good: Data Machine clears it and does not put it back. */
    private static ?int $lost = null;
    /** What is decided where nothing of this is under way: an agent context alone. */
    private static ?Frame $outside = null;
    private static bool $listening = false;
    /** @var array<string, true> the hooks of ends that are followed: from when the first of their kind began */
    private static array $awaited = [];

    /**
     * Follows the hooks from now on.
     */
    public static function listen(): void
    {
        if (self::$listening || !function_exists('add_filter')) {
            return;
        }
        self::$listening = true;
        // Last to be asked, first to run: what else hangs on these hooks is outside of tool calls, and inside of steps.
        // Names and not closures: every request pays for them, and hardly one has an agent.
        add_filter(self::TOOL[0], self::class . '::toolBegins', PHP_INT_MAX, 4);
        foreach (self::STEP as $hook) {
            add_action($hook, self::class . '::stepBegins', PHP_INT_MIN, 1);
        }
        add_action(self::ACTION[0], self::class . '::actionBegins', PHP_INT_MIN, 1);
    }

    /**
     * Forgets what is under way, but goes on listening.
     */
    public static function forget(): void
    {
        self::$frames = [];
        self::$lost = null;
        self::$outside = null;
    }

    /**
     * Whether an agent, a tool call of one or a pipeline is under way, so that the decision has to be asked.
     */
    public static function asks(): bool
    {
        return (self::$frames !== [] && self::top() !== null) || self::context() !== null;
    }

    /**
     * The agent whose context is set; null where none is.
     */
    public static function context(): ?int
    {
        return self::set() ?? self::$lost;
    }

    /**
     * The innermost tool call or step; null where none is under way.
     */
    public static function top(): ?Frame
    {
        return self::innermost(Frame::TOOL, Frame::STEP);
    }

    /**
     * The innermost step.
     */
    public static function step(): ?Frame
    {
        return self::innermost(Frame::STEP);
    }

    /**
     * Whether Action Scheduler does something, which nobody asks for.
     */
    public static function scheduled(): bool
    {
        return self::innermost(Frame::ACTION) !== null;
    }

    /**
     * The tool call within which the innermost one was made; null where it was not made within one.
     */
    public static function caller(): ?Frame
    {
        $tools = array_filter(self::$frames, static fn (Frame $frame): bool => $frame->kind === Frame::TOOL);
        array_pop($tools);
        return array_pop($tools);
    }

    /**
     * Where decisions are kept as long as what they were asked in lasts.
     */
    public static function frame(): Frame
    {
        return self::top() ?? self::$outside ??= new Frame(Frame::ACTION);
    }

    /**
     * A filter that leaves the policy as it is. Of what it is told only the agent and the conversation count, and the
     * latter only where it cannot be what the client sent: never who is said to act, nor the arguments.
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public static function toolBegins(mixed $policy, mixed $tool = '', mixed $mode = '', mixed $context = []): mixed
    {
        $context = is_array($context) ? $context : [];
        $session = is_scalar($context['session_id'] ?? null) ? trim((string) $context['session_id']) : '';
        $sent = is_array($context['client_context'] ?? null) ? $context['client_context']['session_id'] ?? null : null;
        $sent = is_scalar($sent) ? trim((string) $sent) : '';
        self::await('toolEnds', self::TOOL[1]);
        self::$frames[] = new Frame(
            Frame::TOOL,
            is_scalar($tool) ? (string) $tool : '',
            self::context(),
            is_numeric($context['agent_id'] ?? null) ? (int) $context['agent_id'] : 0,
            $session === '' ? null : $session,
            $session === '' || $session !== $sent,
        );
        return $policy;
    }

    public static function toolEnds(mixed $audit = []): void
    {
        $tool = is_array($audit) ? $audit['tool_name'] ?? null : null;
        self::end(Frame::TOOL, is_scalar($tool) ? (string) $tool : '');
    }

    public static function stepBegins(mixed $job = 0): void
    {
        self::await('stepEnds', ...self::STEP);
        self::$frames[] = new Frame(Frame::STEP, self::number($job), self::context());
    }

    public static function stepEnds(mixed $job = 0): void
    {
        self::end(Frame::STEP, self::number($job));
    }

    public static function actionBegins(mixed $action = 0): void
    {
        self::await('actionEnds', ...array_slice(self::ACTION, 1));
        self::$frames[] = new Frame(Frame::ACTION, self::number($action), self::context());
    }

    public static function actionEnds(mixed $action = 0): void
    {
        self::end(Frame::ACTION, self::number($action));
    }

    private static function await(string $method, string ...$hooks): void
    {
        foreach ($hooks as $hook) {
            if (!isset(self::$awaited[$hook])) {
                self::$awaited[$hook] = true;
                add_action($hook, self::class . "::{$method}", PHP_INT_MAX, 1);
            }
        }
    }

    /**
     * Ends the innermost of its kind and name, and with it what began in it and was never said to end.
     */
    private static function end(string $kind, string $id): void
    {
        for ($at = count(self::$frames) - 1; $at >= 0; $at--) {
            $frame = self::$frames[$at];
            if ($frame->kind === $kind && $frame->id === $id) {
                self::$frames = array_slice(self::$frames, 0, $at);
                self::$lost = self::set() === null ? $frame->context : null;
                return;
            }
        }
    }

    /**
     * The agent whose context Data Machine has set; 0 where it does not say which, or whether. A class that is not
     * loaded has set none.
     */
    private static function set(): ?int
    {
        try {
            return class_exists(PermissionHelper::class, false) ? PermissionHelper::get_acting_agent_id() : null;
        } catch (\Throwable) {
            return 0;
        }
    }

    private static function innermost(string ...$kinds): ?Frame
    {
        foreach (array_reverse(self::$frames) as $frame) {
            if (in_array($frame->kind, $kinds, true)) {
                return $frame;
            }
        }
        return null;
    }

    private static function number(mixed $id): string
    {
        return (string) Principals::id($id);
    }
}
