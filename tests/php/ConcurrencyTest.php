<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * Many processes on one store. DM_TORTURE in the environment makes them write more.
 */
final class ConcurrencyTest extends VaultTestCase
{
    private const PROVIDERS = [
        'twitter', 'facebook', 'instagram', 'threads', 'reddit', 'linkedin', 'pinterest', 'youtube',
    ];

    public function testProcessesThatSaveTheirOwnProviderLoseNothing(): void
    {
        $saves = self::size(50, 500);
        $before = $this->open()->info()->writes;
        $workers = [];
        foreach (self::PROVIDERS as $provider) {
            $workers[] = $this->worker(
                'for ($n = 1; $n <= $arguments["saves"]; $n++) {
                    $document = ["n" => $n, "pad" => str_repeat("x", 500)];
                    $saved = $vault->save($arguments["provider"], "site:0", $document);
                    $first ??= $saved->revision;
                    $read = $vault->get($arguments["provider"], "site:0");
                    if ([$first + $n - 1, $read->revision] !== [$saved->revision, $saved->revision]) {
                        echo "write $n made revision $saved->revision, and $read->revision was read\n";
                    }
                    if ($read->document->toArray() !== $document) { echo "write $n was not read\n"; }
                }',
                ['provider' => $provider, 'saves' => $saves]
            );
        }
        $this->assertAllSilent($workers);
        $vault = $this->open();
        foreach (self::PROVIDERS as $provider) {
            self::assertSame($saves, $vault->get($provider, 'site:0')?->document->get('n'), $provider);
        }
        self::assertSame(count(self::PROVIDERS) * $saves, $vault->info()->writes - $before);
    }

    public function testThirtyTwoProcessesOnMixedProvidersLoseNothing(): void
    {
        $processes = 32;
        $writes = self::size(5, 50);
        $vault = $this->open();
        $first = [];
        foreach (self::PROVIDERS as $provider) {
            $first[$provider] = $vault->save($provider, 'site:0', [])->revision;
        }
        $workers = [];
        for ($worker = 0; $worker < $processes; $worker++) {
            // Each adds members of its own to documents that all share, and an account of its own.
            $workers[] = $this->worker(
                '[$providers, $me] = [$arguments["providers"], $arguments["me"]];
                for ($n = 1; $n <= $arguments["writes"]; $n++) {
                    $vault->merge($providers[($me + $n) % count($providers)], "site:0", ["w{$me}n{$n}" => $n]);
                    $vault->save($providers[$n % count($providers)], "user:" . ($me + 1), ["n" => $n], "n$n");
                }',
                ['providers' => self::PROVIDERS, 'me' => $worker, 'writes' => $writes]
            );
        }
        $this->assertAllSilent($workers);
        $members = [];
        foreach (self::PROVIDERS as $provider) {
            $connection = $vault->get($provider, 'site:0');
            $document = $connection?->document->toArray() ?? [];
            self::assertSame($first[$provider] + count($document), $connection?->revision);
            $members += $document;
        }
        self::assertCount($processes * $writes, $members);
        $accounts = 0;
        foreach ($vault->all() as $connection) {
            if ($connection->owner !== 'site:0') {
                $document = $vault->get($connection->provider, $connection->owner, $connection->account)?->document;
                self::assertSame(substr($connection->account, 1), (string) $document?->get('n'));
                $accounts++;
            }
        }
        self::assertSame($processes * $writes, $accounts);
    }

    public function testOfTwoWritersThatGiveARevisionExactlyOneWins(): void
    {
        $rounds = self::size(100, 2000);
        $vault = $this->open();
        $revision = $vault->save('reddit', 'site:0', ['by' => 'none'])->revision;
        $workers = [];
        foreach (['a' => 'b', 'b' => 'a'] as $me => $other) {
            // Each round begins when both have read, and ends with both having tried.
            $workers[$me] = $this->worker(
                '[$me, $other, $directory] = [$arguments["me"], $arguments["other"], $arguments["directory"]];
                $meet = static function (string $point) use ($me, $other, $directory): void {
                    touch("$directory/$me-$point");
                    $until = microtime(true) + 60;
                    while (!file_exists("$directory/$other-$point")) {
                        if (microtime(true) > $until) { exit("$other does not come"); }
                        usleep(50);
                        clearstatcache();
                    }
                };
                for ($round = 1; $round <= $arguments["rounds"]; $round++) {
                    $revision = $vault->get("reddit", "site:0")->revision;
                    $meet("$round-begins");
                    try {
                        $saved = $vault->save("reddit", "site:0", ["by" => $me, "round" => $round], options:
                            ["if_revision" => $revision]);
                        echo "$round won $saved->revision\n";
                    } catch (DataMachine\Connections\Exception\ConflictException $lost) {
                        echo "$round lost {$lost->revision()}\n";
                    }
                    $meet("$round-ends");
                }',
                ['me' => $me, 'other' => $other, 'rounds' => $rounds, 'directory' => $this->directory]
            );
        }
        touch($this->directory . '/go');
        [$a, $b] = [explode("\n", trim($workers['a']->wait())), explode("\n", trim($workers['b']->wait()))];
        self::assertSame([$rounds, $rounds], [count($a), count($b)], implode("\n", $a) . implode("\n", $b));
        foreach (array_map(null, $a, $b) as $index => [$ofA, $ofB]) {
            $round = $index + 1;
            $told = sscanf("{$ofA} {$ofB}", '%d %s %d %d %s %d');
            [$roundOfA, $fateOfA, $seenByA, $roundOfB, $fateOfB, $seenByB] = $told;
            self::assertSame([$round, $round], [$roundOfA, $roundOfB]);
            self::assertEqualsCanonicalizing(['won', 'lost'], [$fateOfA, $fateOfB], "round {$round}");
            // Who lost is told the revision that the winner made.
            self::assertSame($seenByA, $seenByB, "round {$round}");
            self::assertSame(++$revision, $seenByA);
        }
        self::assertSame($revision, $vault->get('reddit', 'site:0')?->revision);
    }

    public function testAWriterGetsInAmongReaders(): void
    {
        $vault = $this->open(['patience_ms' => 3000]);
        $vault->save('reddit', 'site:0', ['n' => 0]);
        $workers = [];
        for ($reader = 0; $reader < 16; $reader++) {
            $workers[] = $this->worker(
                'do { $vault->get("reddit", "site:0"); clearstatcache(); } while (!file_exists($arguments["stop"]));',
                ['stop' => $this->directory . '/stop']
            );
        }
        touch($this->directory . '/go');
        usleep(200_000);
        for ($n = 1; $n <= self::size(20, 500); $n++) {
            $vault->save('reddit', 'site:0', ['n' => $n]);
        }
        touch($this->directory . '/stop');
        $this->assertAllSilent($workers);
        self::assertSame($n - 1, $vault->get('reddit', 'site:0')?->document->get('n'));
    }

    /**
     * Lets them go, and waits for them all.
     *
     * @param array<Process> $workers
     */
    private function assertAllSilent(array $workers): void
    {
        touch($this->directory . '/go');
        foreach ($workers as $worker) {
            self::assertSame('', $worker->wait());
        }
    }
}
