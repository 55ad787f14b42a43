<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Vault;

/**
 * Who owns what, and for how long.
 */
final class HandlesTest extends VaultTestCase
{
    public function testVaultsOfOneStoreAreClosedByThemselves(): void
    {
        $first = $this->open();
        $second = $this->open();
        $first->save('reddit', 'user:1', ['n' => 1]);
        self::assertSame(1, $second->get('reddit', 'user:1')?->document->get('n'));
        $first->close();
        self::assertSame(1, $second->get('reddit', 'user:1')?->document->get('n'));
        unset($second);
        for ($opened = 0; $opened < 300; $opened++) {
            self::assertSame(1, $this->open()->get('reddit', 'user:1')?->document->get('n'));
        }
    }

    public function testManyVaultsMayBeOpen(): void
    {
        $vaults = [];
        for ($opened = 0; $opened < 100; $opened++) {
            $vaults[] = $this->open();
        }
        foreach ($vaults as $n => $vault) {
            $vault->save('reddit', 'user:1', ['n' => $n]);
        }
        self::assertSame(99, $vaults[0]->get('reddit', 'user:1')?->document->get('n'));
    }

    public function testTwoStoresWithTwoKeysDoNotMix(): void
    {
        $here = $this->open();
        $there = Vault::open([
            'path' => $this->directory . '/there',
            'site' => 'https://there.example.org',
            'keys' => Keys::raw(self::OTHER_KEY),
        ]);
        $here->save('reddit', 'user:1', ['of' => 'here']);
        $there->save('reddit', 'user:1', ['of' => 'there']);
        self::assertSame('here', $here->get('reddit', 'user:1')?->document->get('of'));
        self::assertSame('there', $there->get('reddit', 'user:1')?->document->get('of'));
    }

    public function testOfMoreThanEightStoresTheOneUsedLongestAgoMakesRoom(): void
    {
        $said = $this->elsewhere('
            $open = static fn (int $n) => Vault::open(["path" => $arguments["options"]["path"] . $n] +
                $arguments["options"] + ["keys" => Keys::base64($arguments["key"])]);
            for ($n = 1; $n <= 7; $n++) {
                $vaults[$n] = $open($n);
                $vaults[$n]->save("reddit", "user:1", ["n" => $n]);
            }
            $vault->find();
            // Opening counts: the first one stays, and these two do not make room for each other.
            $vaults[1] = $open(1);
            $vaults[8] = $open(8);
            $vaults[9] = $open(9);
            foreach ($vaults as $n => $one) {
                try { $one->save("reddit", "user:2", ["n" => $n]); echo $n; }
                catch (DataMachine\Connections\Exception\InvalidHandleException) { echo "-"; }
            }
            echo " ", $open(2)->get("reddit", "user:1")->document->get("n");');
        self::assertSame('1--456789 2', $said);
    }

    public function testAVaultIsNeitherClonedNorSerialised(): void
    {
        $vault = $this->open();
        foreach ([static fn () => clone $vault, static fn () => serialize($vault)] as $copy) {
            try {
                $copy();
                self::fail('It was copied.');
            } catch (\Error | \LogicException $refused) {
                self::assertNotSame('', $refused->getMessage());
            }
        }
    }

    public function testLaterShutdownFunctionsMayStillUseIt(): void
    {
        $said = $this->elsewhere('
            $vault->save("reddit", "user:1", ["a" => 1]);
            register_shutdown_function(static function () use ($vault) {
                echo $vault->get("reddit", "user:1")->document->toJson();
            });
            ini_set("memory_limit", memory_get_usage() + 4_000_000);
            ini_set("display_errors", "0");
            ini_set("log_errors", "0");
            str_repeat("x", 100_000_000);');
        self::assertSame('{"a":1}' . "\n[status 255]", $said);
    }

    public function testItIsClosedAfterThem(): void
    {
        // What a shutdown function registers runs after those that the script registered.
        $said = $this->elsewhere('
            register_shutdown_function(static function () use ($vault) {
                register_shutdown_function(static function () use ($vault) {
                    try { $vault->info(); echo "open"; }
                    catch (DataMachine\Connections\Exception\InvalidHandleException) { echo "closed"; }
                });
            });');
        self::assertSame('closed', $said);
    }

    public function testAfterAForkParentAndChildBothGoOn(): void
    {
        self::assertTrue(extension_loaded('pcntl'), 'Needs the extension pcntl, which Debian\'s php-cli has.');
        $said = $this->elsewhere('
            $vault->save("reddit", "user:1", ["by" => "parent"]);
            $children = [];
            for ($n = 2; $n < 6; $n++) {
                $child = pcntl_fork();
                if ($child === 0) {
                    for ($i = 0; $i < 20; $i++) { $vault->save("reddit", "user:$n", ["i" => $i]); }
                    echo $vault->get("reddit", "user:1")->document->get("by"), " ";
                    exit(0);
                }
                $children[] = $child;
            }
            for ($i = 0; $i < 20; $i++) { $vault->save("reddit", "user:9", ["i" => $i]); }
            foreach ($children as $child) { pcntl_waitpid($child, $status); echo $status, " "; }
            echo count($vault->find());');
        self::assertSame(4, substr_count($said, 'parent'));
        self::assertStringEndsWith('0 0 0 0 6', (string) preg_replace('~parent ~', '', $said));
    }

    public function testASignalHandlerMayUseItWhileItIsInUse(): void
    {
        self::assertTrue(extension_loaded('pcntl'), 'Needs the extension pcntl, which Debian\'s php-cli has.');
        $said = $this->elsewhere('
            $vault->save("reddit", "user:1", ["of" => "main", "pad" => str_repeat("x", 5000)]);
            $vault->save("reddit", "user:2", ["of" => "handler"]);
            // PHP does not load a class while it is loading it.
            $vault->get("reddit", "user:2");
            pcntl_async_signals(true);
            $handled = 0;
            pcntl_signal(SIGUSR1, static function () use ($vault, &$handled) {
                $handled++;
                if ($vault->get("reddit", "user:2")->document->get("of") !== "handler") { echo "handler mixed up"; }
            });
            $parent = getmypid();
            $sender = pcntl_fork();
            if ($sender === 0) {
                for ($i = 0; $i < 300; $i++) { posix_kill($parent, SIGUSR1); usleep(700); }
                posix_kill(getmypid(), SIGKILL);
            }
            while (pcntl_waitpid($sender, $status, WNOHANG) === 0) {
                if ($vault->get("reddit", "user:1")->document->get("of") !== "main") { echo "main mixed up"; }
            }
            echo $handled > 50 ? "fine" : "only $handled";');
        self::assertSame('fine', $said);
    }

    public function testMemoryDoesNotGrow(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', ['pad' => str_repeat('x', 50_000)]);
        $use = static function () use ($vault): void {
            for ($n = 0; $n < 200; $n++) {
                $vault->get('reddit', 'user:1')?->document->toArray();
                $vault->get('reddit', 'user:2');
            }
        };
        $use();
        [$php, $process] = [memory_get_usage(), self::resident()];
        $use();
        $use();
        self::assertLessThan(100_000, memory_get_usage() - $php);
        self::assertLessThan(10_000_000, self::resident() - $process);
    }

    public function testErrorsAreFreed(): void
    {
        $vault = $this->open();
        $fail = static function (int $times) use ($vault): void {
            for ($n = 0; $n < $times; $n++) {
                try {
                    $vault->get('No Slug', 'user:1');
                } catch (InvalidArgumentException) {
                    continue;
                }
            }
        };
        $fail(1000);
        $process = self::resident();
        $fail(20_000);
        self::assertLessThan(2_000_000, self::resident() - $process);
    }

    private static function resident(): int
    {
        preg_match('~^VmRSS:\s+(\d+) kB~m', (string) file_get_contents('/proc/self/status'), $found);
        return (int) ($found[1] ?? 0) * 1024;
    }
}
