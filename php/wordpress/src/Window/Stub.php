<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * What lies in the database in the old option's place once its content is in the vault: nothing of it, and no two
 * alike, since WordPress takes writing what is there already for a failure.
 *
 * @internal
 */
final class Stub
{
    private const KEY = 'datamachine_connections';
    private const MARKER = 'marker';

    /**
     * A new one. To Data Machine without this plugin it is a provider that nobody knows.
     *
     * @return array<string, array<string, string>>
     */
    public static function make(): array
    {
        return [self::KEY => [self::MARKER => bin2hex(random_bytes(16))]];
    }

    /**
     * Whether a value of the option is one.
     */
    public static function is(#[\SensitiveParameter] mixed $value): bool
    {
        return is_array($value) && array_keys($value) === [self::KEY]
            && is_array($value[self::KEY]) && array_keys($value[self::KEY]) === [self::MARKER];
    }
}
