<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Arguments;

/**
 * Which audit records to list. What is not given does not restrict.
 */
final class AuditQuery implements Arguments
{
    /**
     * @param string|null $agent       the agent that acted, such as `agent:7`
     * @param string|null $subject     whose account it was, such as `user:12`
     * @param string|null $connection  the id of a connection or app config
     * @param string|null $event       such as `saved`; the header lists them
     * @param int|null    $since       from this time on, in Unix seconds
     * @param int|null    $until       before this time, in Unix seconds
     * @param bool        $newestFirst the newest first
     * @param int|null    $limit       the most records of one page, 1 to 1000 (100)
     * @param string|null $after       the `next` of the page before
     */
    public function __construct(
        public readonly ?string $agent = null,
        public readonly ?string $subject = null,
        public readonly ?string $connection = null,
        public readonly ?string $event = null,
        public readonly ?int $since = null,
        public readonly ?int $until = null,
        public readonly bool $newestFirst = false,
        public readonly ?int $limit = null,
        public readonly ?string $after = null,
    ) {
    }

    /**
     * As the header describes it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return array_filter([
            'agent' => $this->agent,
            'subject' => $this->subject,
            'connection' => $this->connection,
            'event' => $this->event,
            'since' => $this->since,
            'until' => $this->until,
            'newest_first' => $this->newestFirst,
            'limit' => $this->limit,
            'after' => $this->after,
        ], static fn (mixed $value): bool => $value !== null);
    }
}
