<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

/**
 * Something that is under way: a tool call, a step of a job, or an action of Action Scheduler's.
 *
 * @internal
 */
final class Frame
{
    public const TOOL = 'tool';
    public const STEP = 'step';
    public const ACTION = 'action';

    /** @var array<string, ?Refusal> what was decided while it is under way, by what was asked */
    public array $decided = [];
    private Flow|false|null $flow = null;
    private bool $flowRead = false;

    /**
     * @param string      $id      the tool's name; the id of the job or action
     * @param int|null    $context the agent context that was set when it began
     * @param int         $agent   the agent whose tool call it is; 0 where that was not said
     * @param string|null $session the conversation that it belongs to; null for none
     * @param bool        $sure    whether that is the runtime's own word
     */
    public function __construct(
        public readonly string $kind,
        public readonly string $id = '',
        public readonly ?int $context = null,
        public readonly int $agent = 0,
        public readonly ?string $session = null,
        public readonly bool $sure = true,
    ) {
    }

    /**
     * The flow that a step's job belongs to: null for none, false where it is not known. Read once.
     */
    public function flow(): Flow|false|null
    {
        if (!$this->flowRead) {
            $this->flowRead = true;
            try {
                $this->flow = Flow::ofJob((int) $this->id);
            } catch (\Throwable) {
                $this->flow = false;
            }
        }
        return $this->flow;
    }
}
