<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Secret;

/**
 * Where the key-encryption keys of a store come from: one key, and earlier ones that rows may still be sealed under.
 *
 * A key is 32 random bytes; passphrases are refused. To make one: `openssl rand -base64 32`, or `Keys::newFile()`.
 */
final class Keys
{
    /**
     * @param list<array{string, Secret}> $sources the function that adds it, and its value; the primary one first
     */
    private function __construct(private readonly array $sources)
    {
    }

    /**
     * 32 raw bytes.
     */
    public static function raw(#[\SensitiveParameter] string $key): self
    {
        return self::one('dm_keyring_add_raw', $key);
    }

    /**
     * 32 bytes as base64 text, such as a constant or an environment variable holds.
     */
    public static function base64(#[\SensitiveParameter] string $text): self
    {
        return self::one('dm_keyring_add_base64', $text);
    }

    /**
     * A file with 32 raw bytes or their base64 text, readable by its owner only.
     */
    public static function file(string $path): self
    {
        return self::one('dm_keyring_add_file', $path);
    }

    /**
     * A program and its arguments, run without a shell, that prints the key as a file would hold it: for a KMS.
     *
     * @param list<string> $argv
     */
    public static function command(#[\SensitiveParameter] array $argv): self
    {
        return self::one('dm_keyring_add_command', Json::encode(array_values($argv)));
    }

    /**
     * Makes a new random key in a new file (mode 0600), for a rotation: `$vault->addKey(Keys::newFile($path))`.
     */
    public static function newFile(string $path): self
    {
        Library::call('dm_keyring_make_file', [Library::open('dm_keyring_new'), $path]);
        return self::file($path);
    }

    /**
     * The same, and further keys to read with. They never become the primary one.
     */
    public function withEarlier(self ...$earlier): self
    {
        return new self(array_merge($this->sources, ...array_map(static fn (self $keys) => $keys->sources, $earlier)));
    }

    /**
     * The library's keyring with these keys; read anew each time.
     *
     * @internal
     */
    public function keyring(): Handle
    {
        $keyring = Library::open('dm_keyring_new');
        foreach ($this->sources as [$function, $value]) {
            Library::call($function, [$keyring, $value->reveal()]);
        }
        return $keyring;
    }

    private static function one(string $function, #[\SensitiveParameter] string $value): self
    {
        return new self([[$function, new Secret($value)]]);
    }
}
