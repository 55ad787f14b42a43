<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Vault;
use PHPUnit\Framework\TestCase;

/**
 * A test with a directory of its own, and a vault in it.
 */
abstract class VaultTestCase extends TestCase
{
    protected const SITE = 'https://example.org';
    /** 32 bytes, not all of them ASCII: that would be a passphrase. UTF-8, so that a command line may hold it. */
    protected const KEY = '0123456789abcdef0123456789ABCDé';
    protected const OTHER_KEY = 'another key of 32 bytes, now é!';

    /** Exists, 0700, removed after the test. */
    protected string $directory;

    protected function setUp(): void
    {
        $this->directory = self::makeDirectory();
    }

    protected function tearDown(): void
    {
        self::remove($this->directory);
    }

    /** Where open() puts the store. */
    protected function place(): string
    {
        return $this->directory . '/store';
    }

    /**
     * @param array<string, mixed> $options
     */
    protected function open(array $options = []): Vault
    {
        return Vault::open($options + [
            'path' => $this->place(),
            'site' => self::SITE,
            'keys' => Keys::raw(self::KEY),
            // A slow disk, with which one write takes seconds, is not what is tried.
            'patience_ms' => 60_000,
        ]);
    }

    /**
     * Runs code in another process, where `$vault` is what open() gives here; or, where that failed, the exception.
     *
     * @param array<string, mixed> $options
     */
    protected function elsewhere(string $code, array $options = [], string $key = self::KEY): string
    {
        $open = 'use DataMachine\Connections\{Document, Keys, Status, Vault};
            try {
                $vault = Vault::open($arguments["options"] + ["keys" => Keys::base64($arguments["key"])]);
            } catch (DataMachine\Connections\Exception\ConnectionsException $thrown) {
                exit(get_class($thrown) . ": " . $thrown->getMessage());
            }';
        return Process::run($open . $code, [
            'options' => $options + ['path' => $this->place(), 'site' => self::SITE],
            'key' => base64_encode($key),
        ]);
    }

    /**
     * A process that opens the vault, waits for the file `go`, and works.
     *
     * @param array<string, mixed> $arguments
     */
    protected function worker(string $code, array $arguments = []): Process
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

    /** Runs SQL on the store's file, from another process: what this library's own process must never do. */
    protected function sql(string $sql): void
    {
        $said = Process::run(
            '$db = new PDO("sqlite:" . $arguments["file"]);
            $db->exec($arguments["sql"]);',
            ['file' => $this->place() . '/connections.sqlite', 'sql' => $sql]
        );
        self::assertSame('', $said);
    }

    /**
     * @template T of ConnectionsException
     * @param class-string<T>   $class
     * @param callable(): mixed $action
     *
     * @return T
     */
    protected static function assertThrows(string $class, callable $action): ConnectionsException
    {
        try {
            $action();
        } catch (ConnectionsException $thrown) {
            self::assertInstanceOf($class, $thrown, $thrown->getMessage());
            self::assertNotSame('', $thrown->getMessage());
            return $thrown;
        }
        self::fail("{$class} was not thrown.");
    }

    /** Whether a file appears. */
    protected static function waitFor(string $path): bool
    {
        for ($until = time() + 60; time() <= $until; usleep(2_000)) {
            clearstatcache(true, $path);
            if (file_exists($path)) {
                return true;
            }
        }
        return false;
    }

    /** How much of something: the quick tier's, or the full one's under DM_TORTURE=1. */
    protected static function size(int $quick, int $full): int
    {
        return (int) getenv('DM_TORTURE') > 0 ? $full : $quick;
    }

    protected static function makeDirectory(): string
    {
        $directory = sys_get_temp_dir() . '/dm-php-' . bin2hex(random_bytes(6));
        mkdir($directory, 0700);
        return $directory;
    }

    protected static function remove(string $path): void
    {
        if (is_dir($path) && !is_link($path)) {
            foreach (array_diff(scandir($path) ?: [], ['.', '..']) as $name) {
                self::remove("{$path}/{$name}");
            }
            rmdir($path);
            return;
        }
        unlink($path);
    }
}
