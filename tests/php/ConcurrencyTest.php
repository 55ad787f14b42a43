<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * Many processes on one store. DM_TORTURE in the environment multiplies the saves of each.
 */
final class ConcurrencyTest extends VaultTestCase
{
    private const PROVIDERS = [
        'twitter', 'facebook', 'instagram', 'threads', 'reddit', 'linkedin', 'pinterest', 'youtube',
    ];

    public function testProcessesThatSaveTheirOwnProviderLoseNothing(): void
    {
        $saves = 50 * self::factor();
        $this->open()->close();
        $workers = [];
        foreach (self::PROVIDERS as $provider) {
            $workers[] = $this->worker(
                'for ($n = 1; $n <= $arguments["saves"]; $n++) {
                    $vault->save($arguments["provider"], "site:0", ["n" => $n, "pad" => str_repeat("x", 500)]);
                    $read = $vault->get($arguments["provider"], "site:0")->document->get("n");
                    if ($read !== $n) { echo "saved $n, read $read\n"; }
                }',
                ['provider' => $provider, 'saves' => $saves]
            );
        }
        $this->assertAllSilent($workers);
        $vault = $this->open();
        foreach (self::PROVIDERS as $provider) {
            $connection = $vault->get($provider, 'site:0');
            self::assertSame($saves, $connection?->revision, $provider);
            self::assertSame($saves, $connection?->document->get('n'), $provider);
        }
    }

    public function testThirtyTwoProcessesOnMixedProvidersLoseNothing(): void
    {
        $processes = 32;
        $writes = 5 * self::factor();
        $vault = $this->open();
        foreach (self::PROVIDERS as $provider) {
            $vault->save($provider, 'site:0', []);
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
        $members = 0;
        foreach (self::PROVIDERS as $provider) {
            $connection = $vault->get($provider, 'site:0');
            $document = $connection?->document->toArray() ?? [];
            $members += count($document);
            self::assertSame(count($document) + 1, $connection?->revision);
        }
        self::assertSame($processes * $writes, $members);
        self::assertSame($processes * $writes + count(self::PROVIDERS), $vault->info()->connections);
    }

    public function testOfTwoWritersThatGiveARevisionExactlyOneWins(): void
    {
        $rounds = 20 * self::factor();
        $vault = $this->open();
        for ($round = 1; $round <= $rounds; $round++) {
            $vault->save('reddit', "user:{$round}", ['by' => 'none']);
        }
        $workers = [];
        foreach (['a', 'b', 'c'] as $me) {
            $workers[$me] = $this->worker(
                'for ($round = 1; $round <= $arguments["rounds"]; $round++) {
                    try {
                        $options = ["if_revision" => 1];
                        $vault->save("reddit", "user:$round", ["by" => $arguments["me"]], options: $options);
                        echo $round, "\n";
                    } catch (DataMachine\Connections\Exception\ConflictException) {
                    }
                }',
                ['me' => $me, 'rounds' => $rounds]
            );
        }
        touch($this->directory . '/go');
        $winners = [];
        foreach ($workers as $me => $worker) {
            foreach (array_filter(explode("\n", $worker->wait())) as $round) {
                self::assertArrayNotHasKey($round, $winners);
                $winners[$round] = $me;
            }
        }
        self::assertCount($rounds, $winners);
        foreach ($winners as $round => $me) {
            $connection = $vault->get('reddit', "user:{$round}");
            self::assertSame([2, $me], [$connection?->revision, $connection?->document->get('by')]);
        }
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
        for ($n = 1; $n <= 20 * self::factor(); $n++) {
            $vault->save('reddit', 'site:0', ['n' => $n]);
        }
        touch($this->directory . '/stop');
        $this->assertAllSilent($workers);
        self::assertSame($n - 1, $vault->get('reddit', 'site:0')?->document->get('n'));
    }

    /**
     * A process that opens the vault, waits for the file `go`, and works.
     *
     * @param array<string, mixed> $arguments
     */
    private function worker(string $code, array $arguments = []): Process
    {
        return new Process(
            '$vault = DataMachine\Connections\Vault::open([
                "path" => $arguments["path"], "site" => $arguments["site"], "patience_ms" => 60_000,
                "keys" => DataMachine\Connections\Keys::base64($arguments["key"]),
            ]);
            while (!file_exists($arguments["go"])) { usleep(1000); clearstatcache(); }' . $code,
            $arguments + [
                'path' => $this->place(),
                'site' => self::SITE,
                'key' => base64_encode(self::KEY),
                'go' => $this->directory . '/go',
            ]
        );
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

    private static function factor(): int
    {
        return max(1, (int) getenv('DM_TORTURE'));
    }
}
