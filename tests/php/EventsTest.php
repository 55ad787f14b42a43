<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Event;
use DataMachine\Connections\EventName;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\Status;
use DataMachine\Connections\Vault;

/**
 * What happened to connections, told to who has to act on it.
 */
final class EventsTest extends VaultTestCase
{
    public function testWhatAnotherProcessDidIsTold(): void
    {
        $vault = $this->open();
        $first = $vault->save('reddit', 'user:12', ['access_token' => 'canary'], options: ['remote_id' => 'one']);
        self::assertSame([], self::told($vault), 'who is new begins at the end');
        $said = $this->elsewhere(
            '$vault->setStatus("reddit", "user:12", Status::NeedsReauth, cause: "gone");
            $another = ["remote_id" => "two", "replace" => true];
            $vault->save("reddit", "user:12", ["access_token" => "canary"], options: $another);
            $vault->setStatus("reddit", "user:12", Status::Revoked);
            $vault->configs()->save("reddit", "site:0", []);'
        );
        self::assertSame('', $said);

        $events = [];
        self::assertSame(3, $vault->events('mail', static function (Event $event) use (&$events): void {
            $events[] = $event;
        }));
        self::assertSame(
            [EventName::NeedsReauth, EventName::Replaced, EventName::Revoked],
            array_column($events, 'name'),
        );
        $new = $vault->get('reddit', 'user:12')?->id;
        self::assertSame([$first->id, $first->id, $new], array_column($events, 'connection'));
        self::assertSame([null, $new, null], array_column($events, 'replacedBy'));
        self::assertSame([Status::NeedsReauth, null, Status::Revoked], array_column($events, 'status'));
        foreach ($events as $event) {
            self::assertSame(['reddit', 'user:12', 'default', true], [
                $event->provider, $event->owner, $event->account, $event->intact,
            ]);
            self::assertEqualsWithDelta(time(), $event->at, 600);
            self::assertNull($event->cause ?? $event->until ?? $event->failures);
        }
        self::assertStringNotContainsString('canary', print_r($events, true));

        self::assertSame([], self::told($vault), 'once it was dealt with');
        self::assertSame(['needs_reauth', 'replaced', 'revoked'], self::told($vault, 'log', true));
        self::assertSame([], self::told($vault, 'log', true));
    }

    public function testWhatAHandlerThrewAtComesAgain(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 5);
        $told = [];
        $broken = true;
        $handle = static function (Event $event) use (&$told, &$broken): void {
            $told[] = $event->owner;
            if ($event->owner === 'user:3' && $broken) {
                throw new \DomainException('no mail today');
            }
        };
        for ($try = 1; $try <= 2; $try++) {
            try {
                $vault->events('mail', $handle);
                self::fail('The exception was swallowed.');
            } catch (\DomainException $thrown) {
                self::assertSame('no mail today', $thrown->getMessage());
            }
        }
        $broken = false;
        self::assertSame(3, $vault->events('mail', $handle));
        self::assertSame(
            ['user:1', 'user:2', 'user:3', 'user:3', 'user:3', 'user:4', 'user:5'],
            $told,
        );
    }

    public function testWhatADyingProcessWasToldComesAgain(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 3);
        $said = $this->elsewhere('$vault->events("mail", static function ($event): void {
            echo $event->owner, " ";
            echo $event->id, " ";
            if ($event->owner === "user:2") { exit; }
        });');
        $again = '';
        $vault->events('mail', static function (Event $event) use (&$again): void {
            $again .= "{$event->owner} {$event->id} ";
        });
        self::assertStringContainsString('user:2', $said);
        self::assertStringNotContainsString('user:3', $said);
        self::assertStringStartsWith($said, $again);
        self::assertStringContainsString('user:3', $again);
    }

    public function testManyEventsAreToldInBatchesAndUpToALimit(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 210);
        $owners = [];
        $handle = static function (Event $event) use (&$owners): void {
            $owners[] = $event->owner;
        };
        self::assertSame(105, $vault->events('mail', $handle, 105));
        self::assertSame(105, $vault->events('mail', $handle));
        self::assertSame(array_map(static fn (int $user) => "user:{$user}", range(1, 210)), $owners);
        // What a handler does itself is told the next time, so that none goes on for ever.
        $again = fn (Event $event) => $this->revoke($vault, 1);
        $this->revoke($vault, 1);
        self::assertSame([1, 1, 1], [
            $vault->events('mail', $again), $vault->events('mail', $again), $vault->events('mail', $handle),
        ]);
        self::assertSame([], self::told($vault));
        foreach ([0, -1] as $limit) {
            $read = static fn () => $vault->events('mail', $handle, $limit);
            self::assertThrows(InvalidArgumentException::class, $read);
        }
        foreach (['', 'Mail', '.mail', str_repeat('m', 65), "ma\0il"] as $name) {
            self::assertThrows(InvalidArgumentException::class, static fn () => $vault->events($name, $handle));
        }
    }

    public function testProcessesThatReadAsOneConsumerTellEverything(): void
    {
        $rounds = self::size(20, 200);
        $vault = $this->open();
        self::told($vault);
        $workers = [];
        for ($writer = 1; $writer <= 2; $writer++) {
            $workers["writer {$writer}"] = $this->worker(
                'for ($n = 1; $n <= $arguments["rounds"]; $n++) {
                    $owner = "user:" . ($arguments["writer"] * 1000 + $n);
                    $vault->save("reddit", $owner, []);
                    $vault->setStatus("reddit", $owner, DataMachine\Connections\Status::Revoked);
                }
                touch($arguments["written"] . $arguments["writer"]);',
                ['rounds' => $rounds, 'writer' => $writer, 'written' => $this->directory . '/written'],
            );
        }
        for ($reader = 1; $reader <= 2; $reader++) {
            $workers["reader {$reader}"] = $this->worker(
                '$tell = static function ($event): void { echo $event->owner, "\n"; };
                do {
                    clearstatcache();
                    $over = file_exists($arguments["written"] . 1) && file_exists($arguments["written"] . 2);
                } while ($vault->events("mail", $tell, 7) > 0 || !$over);',
                ['written' => $this->directory . '/written'],
            );
        }
        touch($this->directory . '/go');
        $told = [];
        foreach ($workers as $name => $worker) {
            $lines = array_filter(explode("\n", $worker->wait()));
            $told[$name] = array_values($lines);
        }
        self::assertSame([[], []], [$told['writer 1'], $told['writer 2']]);
        $all = array_unique([...$told['reader 1'], ...$told['reader 2']]);
        self::assertCount(2 * $rounds, $all, 'each at least once');
        self::assertSame([], self::told($vault));
        // Each reader was told the events of one writer in their order.
        foreach (['reader 1', 'reader 2'] as $reader) {
            foreach ([1, 2] as $writer) {
                $numbers = array_map(static fn (string $owner) => (int) substr($owner, 5), $told[$reader]);
                $ofOne = array_values(array_filter($numbers, static fn (int $n) => intdiv($n, 1000) === $writer));
                $sorted = $ofOne;
                sort($sorted);
                self::assertSame($sorted, $ofOne, $reader);
            }
        }
    }

    public function testPruningWaitsAndCanBeToldNotTo(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 2);
        sleep(1);
        $waiting = $vault->audit()->prune(time());
        self::assertSame([0, ['mail']], [$waiting->pruned, array_keys($waiting->waitsFor)]);
        self::assertEqualsWithDelta(time(), $waiting->waitsFor['mail'], 600);
        self::assertCount(2, self::told($vault));
        $pruned = $vault->audit()->prune(time());
        self::assertSame([5, []], [$pruned->pruned, $pruned->waitsFor]);

        $this->revoke($vault, 2);
        sleep(1);
        self::assertSame(['mail'], array_keys($vault->audit()->prune(time())->waitsFor));
        self::assertSame([], $vault->audit()->prune(time(), ignoreConsumers: true)->waitsFor);
        $vault->setStatus('reddit', 'user:2', Status::Revoked);
        $seen = [];
        $handle = static function (Event $event) use (&$seen): void {
            $seen[] = $event->name->value;
        };
        $missed = static function () use (&$seen): void {
            $seen[] = 'missed';
        };
        $vault->events('mail', $handle, missed: $missed);
        $vault->events('mail', $handle, missed: $missed);
        self::assertSame(['missed', 'revoked'], $seen);

        $this->revoke($vault, 1);
        self::assertTrue($vault->forgetEvents('mail'));
        self::assertFalse($vault->forgetEvents('mail'));
        sleep(1);
        self::assertSame([], $vault->audit()->prune(time())->waitsFor);
    }

    public function testARecordThatWasChangedIsTold(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 1);
        $this->sql("UPDATE audit SET subject = 'user:9' WHERE event = 'status_set'");
        $vault->events('mail', static function (Event $event) use (&$told): void {
            $told = $event;
        });
        self::assertSame([EventName::Damaged, false, null], [$told->name, $told->intact, $told->owner]);
        self::assertSame($vault->get('reddit', 'user:1')?->id, $told->connection);
    }

    public function testAConsumerThatIsForgottenMeanwhileIsTold(): void
    {
        $vault = $this->open();
        self::told($vault);
        $this->revoke($vault, 1);
        $forget = static fn () => $vault->forgetEvents('mail');
        self::assertThrows(NotFoundException::class, static fn () => $vault->events('mail', $forget));
    }

    /** Makes so many connections, and takes them back. */
    private function revoke(Vault $vault, int $count): void
    {
        for ($user = 1; $user <= $count; $user++) {
            $vault->save('reddit', "user:{$user}", ['access_token' => 'canary']);
            $vault->setStatus('reddit', "user:{$user}", Status::Revoked);
        }
    }

    /**
     * @return list<string> the names of what a consumer is told
     */
    private static function told(Vault $vault, string $consumer = 'mail', bool $fromStart = false): array
    {
        $names = [];
        $vault->events($consumer, static function (Event $event) use (&$names): void {
            $names[] = $event->name->value;
        }, fromStart: $fromStart);
        return $names;
    }
}
