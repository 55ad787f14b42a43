<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Native\Library;

/**
 * What has to be there, looked for in every request: so two questions to PHP and one to the file system, and nothing is
 * opened. What they do not find, such as a key or a library that is missing, shows when the store is opened.
 */
final class Requirements
{
    /**
     * What PHP lacks to reach the library; null where nothing.
     */
    public static function ofPhp(): ?Problem
    {
        if (!extension_loaded('ffi')) {
            return new Problem(Problem::FFI_MISSING);
        }
        return self::ffiAllowed() ? null : new Problem(Problem::FFI_FORBIDDEN);
    }

    /**
     * What a migration lacks: the library is loaded, and the place looked at. Nothing is made.
     *
     * @return list<Problem>
     */
    public static function missing(): array
    {
        $missing = [self::ofPhp()];
        if ($missing === [null]) {
            try {
                Library::open('dm_keyring_new')->close();
            } catch (\Throwable $thrown) {
                $missing[] = Problem::of($thrown);
            }
        }
        $missing[] = Place::propose()->problem();
        return array_values(array_filter($missing));
    }

    /**
     * What keeps the anchor's store from being opened; null for nothing.
     */
    public static function of(Anchor $anchor): ?Problem
    {
        $store = $anchor->store();
        // Silenced: open_basedir may hide it.
        $inode = @fileinode($store);
        if ($inode !== false && $inode === $anchor->inode) {
            return null;
        }
        if ($inode === false) {
            return ini_get('open_basedir') === '' ? new Problem(Problem::STORE_MISSING, [$store]) : null;
        }
        $host = Host::now($store);
        return $host->isOther($anchor) ? new Problem(Problem::OTHER_SERVER, [$anchor->host, $host->name]) : null;
    }

    private static function ffiAllowed(): bool
    {
        // With `preload`, command lines may; and so may what was preloaded, which is there before anybody asked for it.
        return match (strtolower((string) ini_get('ffi.enable'))) {
            '1', 'on', 'yes', 'true' => true,
            'preload' => PHP_SAPI === 'cli' || class_exists(Library::class, false),
            default => false,
        };
    }
}
