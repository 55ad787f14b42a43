<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Old options of tests/fixtures.
 */
final class Fixtures
{
    private const DIRECTORY = __DIR__ . '/../../fixtures';

    /** What `wp_salt('auth')` gives on every site of the tests. */
    public static function salt(): string
    {
        return rtrim((string) file_get_contents(self::DIRECTORY . '/SALT.txt'), "\n");
    }

    /** As the database holds it: `small`, `mixed` or `edge`. */
    public static function serialized(string $name): string
    {
        return (string) file_get_contents(self::DIRECTORY . "/{$name}.serialized");
    }

    /**
     * The same with every envelope opened: `small`, `mixed` or `edge`; `mixed-api` is what each getter returned.
     *
     * @return array<array-key, mixed>
     */
    public static function expected(string $name): array
    {
        $json = (string) file_get_contents(self::DIRECTORY . "/expected-{$name}.json");
        return json_decode($json, true, flags: JSON_THROW_ON_ERROR);
    }
}
