<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One thing that happened.
 */
final class AuditRecord
{
    public readonly int $stream;
    /** Its number in the chain. */
    public readonly int $sequence;
    /** When, in Unix seconds. */
    public readonly int $at;
    /** What, such as `saved`; the header lists them. */
    public readonly string $event;
    /** The agent that acted; null where trusted code of the site did. */
    public readonly ?string $agent;
    /** Whose account it was. */
    public readonly ?string $subject;
    /** The id of the connection or app config. */
    public readonly ?string $connection;
    /** The id of the grant. */
    public readonly ?string $grant;
    /** @var array<string, mixed> what else is known: provider, account, revision and the like, never a secret */
    public readonly array $details;
    /** Of a refusal: how often it was in its hour. */
    public readonly ?int $repeats;
    /** False where the record is not as it was written: believe nothing of it. */
    public readonly bool $intact;

    /**
     * @internal
     *
     * @param array<string, mixed> $item as the library gives it
     */
    public function __construct(array $item)
    {
        $this->stream = $item['stream'];
        $this->sequence = $item['sequence'];
        $this->at = $item['at'];
        $this->event = $item['event'];
        $this->agent = $item['agent'];
        $this->subject = $item['subject'];
        $this->connection = $item['connection'];
        $this->grant = $item['grant'];
        $this->details = $item['details'];
        $this->repeats = $item['repeats'];
        $this->intact = $item['intact'];
    }
}
