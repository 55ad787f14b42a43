<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One thing that happened to a connection, whichever process did it. It tells what was then: read the connection for
 * how it is now.
 */
final class Event
{
    public readonly EventName $name;
    /** The same whenever it comes again, and no other event's; putting a backup back gives it to another. */
    public readonly string $id;
    /** When, in Unix seconds. */
    public readonly int $at;
    /** The connection's id. */
    public readonly ?string $connection;
    public readonly ?string $provider;
    /** Whose account it is. */
    public readonly ?string $owner;
    public readonly ?string $account;
    /** Why: a stable code. */
    public readonly ?string $cause;
    /** The connection's status since. */
    public readonly ?Status $status;
    /** Of Failing: when it is tried again; of Expiring: until when a person has to consent again. In Unix seconds. */
    public readonly ?int $until;
    /** Of Failing: how many times in a row. */
    public readonly ?int $failures;
    /** Of Replaced: the id of the connection in its place. */
    public readonly ?string $replacedBy;
    /** False of Damaged only, of which nothing but `connection` and `at` is told: they may be wrong, too. */
    public readonly bool $intact;

    /**
     * @internal
     *
     * @param array<string, mixed> $event as the library gives it
     */
    public function __construct(array $event)
    {
        $this->name = EventName::from($event['event']);
        $this->id = $event['cursor'];
        $this->at = $event['at'];
        $this->connection = $event['connection'];
        $this->provider = $event['provider'];
        $this->owner = $event['owner'];
        $this->account = $event['account'];
        $this->cause = $event['cause'];
        $this->status = $event['status'] === null ? null : Status::from($event['status']);
        $this->until = $event['until'];
        $this->failures = $event['failures'];
        $this->replacedBy = $event['replaced_by'];
        $this->intact = $event['intact'];
    }
}
