<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\Status;

/**
 * Renewing tokens in several processes, some of which end in the middle of it.
 */
final class RefreshProcessesTest extends RefreshTestCase
{
    /** For other processes: `$row`, and `$renew`, a callable that asks the authorization server. */
    private const CODE = '
        use DataMachine\Connections\{RefreshRequest, Tests\Authority};
        $row = $vault->find(["provider" => "reddit", "owner" => "user:1"])->rows[0];
        $renew = static fn (RefreshRequest $request) => Authority::renew(getenv("DM_TOKEN_URL"), $request);
        ini_set("display_errors", "0"); ini_set("log_errors", "0");
        ';

    /**
     * @return array<string, array{string, string}> how the callable ends, and what its process prints
     */
    public static function ends(): array
    {
        return [
            'exit' => ['exit("over");', 'over'],
            'exit in a function that it calls' => ['(static function () { exit(0); })();', ''],
            'an exception that nobody catches' => ['throw new RuntimeException("x");', "\n[status 255]"],
            'a fatal error' => [
                'ini_set("memory_limit", memory_get_usage() + 4_000_000); str_repeat("x", 100_000_000);',
                "\n[status 255]",
            ],
            'the time limit' => ['set_time_limit(1); while (true) { md5("x"); }', "\n[status 255]"],
            'a kill' => ['posix_kill(getmypid(), SIGKILL); sleep(5);', "\n[status 9]"],
        ];
    }

    /**
     * @dataProvider ends
     */
    public function testWhoeverEndsInTheCallableTheNextOneGoesOn(string $end, string $printed): void
    {
        $vault = $this->open();
        $this->connect($vault);
        $said = $this->elsewhere(self::CODE . "\$vault->refresh(\$row, static function () { {$end} });");
        self::assertSame($printed, $said);
        // Nobody waits for one that is gone. (What was thrown is a failure like any other, and is waited out.)
        $options = ['patience_ms' => 0, 'force' => str_contains($end, 'throw')];
        $row = $this->row($vault);
        $seen = null;
        $refreshed = $vault->refresh($row, static function (RefreshRequest $request) use (&$seen): mixed {
            $seen = $request;
            return self::renew($request);
        }, $options);
        self::assertSame(RefreshOutcome::Refreshed, $refreshed->outcome);
        self::assertTrue($seen?->lost, 'It may have been handed in.');
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    /**
     * What WordPress does at a script's end is registered before any of it.
     *
     * @testWith ["exit"]
     *           ["a fatal error"]
     *           ["the time limit"]
     */
    public function testAShutdownFunctionGoesOn(string $how): void
    {
        $vault = $this->open();
        $this->connect($vault);
        [$end, $printed] = self::ends()[$how];
        $said = $this->elsewhere(self::CODE . "
            register_shutdown_function(static function () use (\$vault, \$row, \$renew) {
                ini_set('memory_limit', '-1');
                echo ' ', \$vault->refresh(\$row, \$renew, ['patience_ms' => 0])->outcome->value;
            });
            \$vault->refresh(\$row, static function () { {$end} });");
        // What PHP says of its end comes last.
        self::assertSame($printed === 'over' ? 'over refreshed' : " refreshed{$printed}", $said);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    public function testAWorkerThatGoesOnAfterAFatalErrorHoldsNothing(): void
    {
        $vault = $this->open();
        $this->connect($vault);
        // As php-fpm's do: the shutdown functions have run, and the process is still there.
        $worker = $this->worker(self::CODE . '
            register_shutdown_function(static function () use ($arguments) {
                // Those of before see it open, the last of all see it closed.
                register_shutdown_function(static fn () => register_shutdown_function(
                    static function () use ($arguments) {
                        touch($arguments["closed"]);
                        while (!file_exists($arguments["end"])) { usleep(1000); clearstatcache(); }
                    }
                ));
            });
            $vault->refresh($row, static function () {
                ini_set("memory_limit", memory_get_usage() + 4_000_000);
                str_repeat("x", 100_000_000);
            });', ['closed' => $this->directory . '/closed', 'end' => $this->directory . '/end']);
        touch($this->directory . '/go');
        self::assertTrue(self::waitFor($this->directory . '/closed'));
        self::assertSame(RefreshOutcome::Refreshed, $this->refresh($vault, ['patience_ms' => 0])->outcome);
        touch($this->directory . '/end');
        self::assertSame("\n[status 255]", $worker->wait());
    }

    public function testOfTwoAtOnceOneRenewsAndBothHaveIt(): void
    {
        $vault = $this->open();
        $this->connect($vault);
        self::$authority->fault($this->family(), ['hold' => 'after']);
        $code = self::CODE . '
            $refreshed = $vault->refresh($row, $renew, ["patience_ms" => 30_000]);
            echo $refreshed->outcome->value, " ", $refreshed->connection->document->get("access_token");';
        $workers = [$this->worker($code), $this->worker($code), $this->worker($code)];
        touch($this->directory . '/go');
        self::$authority->waitForHeld();
        $busy = $vault->refresh($this->row($vault), self::notAsked(...), ['patience_ms' => 0]);
        self::assertSame(RefreshOutcome::Busy, $busy->outcome);
        self::assertGreaterThan(time(), $busy->until);
        self::assertIsInt($busy->holder['pid']);
        self::assertNotSame(getmypid(), $busy->holder['pid']);
        self::assertNotNull($busy->connection?->document->get('access_token'), 'It may still be good for something.');
        usleep(100_000);
        self::$authority->release();
        $said = array_map(static fn (Process $worker): string => $worker->wait(), $workers);
        sort($said);
        $token = $vault->get('reddit', 'user:1')->document->get('access_token');
        self::assertSame(["fresh {$token}", "fresh {$token}", "refreshed {$token}"], $said);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    public function testWhoCameSecondDoesNotUndoWhatTheFirstGot(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, function (): array {
            $this->overtaken();
            return ['access_token' => 'stale', 'refresh_token' => 'stale'];
        });
        self::assertSame([RefreshOutcome::Fresh, 'lease_lost'], [$refreshed->outcome, $refreshed->cause]);
        self::assertNotSame('stale', $refreshed->connection->document->get('access_token'));
        self::assertTrue(self::$authority->renews($refreshed->connection->document->get('refresh_token')));
    }

    public function testARefusalAfterSomebodyElseWonIsNone(): void
    {
        $vault = $this->open();
        $row = $this->connect($vault);
        $refreshed = $vault->refresh($row, function (RefreshRequest $request): mixed {
            $this->overtaken();
            return self::renew($request);
        });
        self::assertSame(RefreshOutcome::Fresh, $refreshed->outcome);
        self::assertSame(Status::Active, $this->row($vault)->status);
        $this->assertCounts(['requests' => 2, 'rotations' => 1, 'reuses' => 1]);
    }

    public function testACopyOfTheSiteIsNotRenewed(): void
    {
        $this->connect($this->open());
        $said = $this->elsewhere(
            self::CODE . 'try { $vault->refresh($row, $renew); echo "renewed"; }
            catch (DataMachine\Connections\Exception\ConnectionsException $thrown) { echo get_class($thrown); }',
            ['site' => 'https://staging.example.org', 'clone' => true]
        );
        self::assertStringContainsString('ClonedSiteException', $said);
        $this->assertCounts([]);
    }

    /** The lease is taken away from its holder, and another one renews. */
    private function overtaken(): void
    {
        $this->sql('DELETE FROM refreshes');
        $said = $this->elsewhere(self::CODE . '
            echo $vault->refresh($row, $renew, ["patience_ms" => 0])->outcome->value;');
        self::assertSame(RefreshOutcome::Refreshed->value, $said);
    }
}
