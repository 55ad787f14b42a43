<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One thing that is not as it was written.
 */
final class AuditFinding
{
    /** What, such as `row_put_back`; the header lists them. */
    public readonly string $code;
    public readonly ?int $stream;
    /** The number of the record. */
    public readonly ?int $sequence;
    /** Of several records that are missing, the number of the last. */
    public readonly ?int $through;
    /** The id of the connection or app config. */
    public readonly ?string $connection;
    /** Of a pair, all grants of an owner to an agent: the agent, such as `agent:7`. */
    public readonly ?string $agent;
    /** Of a pair: the owner, such as `user:12`. */
    public readonly ?string $owner;
    /** For a person. */
    public readonly string $message;

    /**
     * @internal
     *
     * @param array<string, mixed> $finding as the library gives it
     */
    public function __construct(array $finding)
    {
        $this->code = $finding['code'];
        $this->stream = $finding['stream'];
        $this->sequence = $finding['sequence'];
        $this->through = $finding['through'];
        $this->connection = $finding['connection'];
        $this->agent = $finding['agent'];
        $this->owner = $finding['owner'];
        $this->message = $finding['message'];
    }
}
