<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * Keeps answers until the request ends.
 */
final class ProcessCache implements Cache
{
    /** @var array<string, string> */
    private static array $values = [];

    public function read(string $key): ?string
    {
        return self::$values[$key] ?? null;
    }

    public function write(string $key, string $value): void
    {
        self::$values[$key] = $value;
    }
}
