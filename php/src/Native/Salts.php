<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * The salts of the old plug-in's envelopes, as the library takes them.
 *
 * @internal
 */
final class Salts
{
    /**
     * @param list<string> $salts the present one first
     */
    public static function of(#[\SensitiveParameter] array $salts): Handle
    {
        $handle = Library::open('dm_salts_new');
        foreach ($salts as $salt) {
            self::add($handle, $salt);
        }
        return $handle;
    }

    /** What is no text is refused here, where no trace shows it. */
    private static function add(Handle $salts, #[\SensitiveParameter] string $salt): void
    {
        Library::call('dm_salts_add', [$salts, $salt]);
    }
}
