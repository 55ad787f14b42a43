<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\ConflictException;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;

/**
 * Tells one consumer its events, a batch at a time, and marks each batch as done.
 *
 * @internal
 */
final class EventReader
{
    /** So many come again where a process dies while it handles one. */
    private const BATCH = 100;

    private int $handled = 0;

    /**
     * @param callable(Event): mixed  $handle
     * @param (callable(): mixed)|null $missed
     */
    public function __construct(
        private readonly Handle $store,
        private readonly string $consumer,
        #[\SensitiveParameter] private readonly mixed $handle,
        #[\SensitiveParameter] private readonly mixed $missed,
    ) {
    }

    /**
     * @return int how many were handled
     */
    public function read(int $limit, bool $fromStart): int
    {
        do {
            $options = ['limit' => min(self::BATCH, $limit - $this->handled), 'from_start' => $fromStart];
            $page = Library::json('dm_events_read', [$this->store, $this->consumer, Json::options($options)]);
            $this->tell($page);
        } while ($page['more'] && $this->handled < $limit);
        return $this->handled;
    }

    /**
     * @param array<string, mixed> $page
     */
    private function tell(array $page): void
    {
        if ($page['missed'] && $this->missed !== null) {
            ($this->missed)();
        }
        $done = null;
        try {
            foreach ($page['events'] as $event) {
                ($this->handle)(new Event($event));
                $done = $event['cursor'];
                $this->handled++;
            }
        } catch (\Throwable $thrown) {
            $this->doneAsFarAs($done);
            throw $thrown;
        }
        $this->done($page['cursor']);
    }

    private function done(string $cursor): void
    {
        try {
            Library::call('dm_events_done', [$this->store, $this->consumer, $cursor]);
        } catch (ConflictException) {
            // Another process that reads as the same consumer has gone further, or a backup was put back: either way
            // what comes next is behind the cursor that is there now.
            return;
        }
    }

    /** What the handler threw counts, not what comes of marking: at worst it comes again. */
    private function doneAsFarAs(?string $cursor): void
    {
        try {
            if ($cursor !== null) {
                $this->done($cursor);
            }
        } catch (ConnectionsException) {
            return;
        }
    }
}
