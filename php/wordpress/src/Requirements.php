<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Native\Library;

/**
 * What has to be there, looked for in every request: so a few questions to PHP and the file system, and nothing opened.
 * What they do not find shows when the store is opened.
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
        if (!self::ffiAllowed()) {
            return new Problem(Problem::FFI_FORBIDDEN);
        }
        $places = Library::places();
        if (ini_get('open_basedir') === '' && array_filter($places, is_file(...)) === []) {
            return new Problem(Problem::LIBRARY_MISSING, [implode(', ', $places)]);
        }
        return null;
    }

    /**
     * What keeps the anchor's store from being opened; null for nothing.
     */
    public static function of(Anchor $anchor): ?Problem
    {
        $store = self::store($anchor);
        if (ini_get('open_basedir') === '' && !is_dir($store)) {
            return new Problem(Problem::STORE_MISSING, [$store]);
        }
        $key = KeySource::look(self::keyFile($anchor));
        if (!$key->isThere()) {
            $was = $anchor->key === KeySource::FILE ? (string) $anchor->keyFile : $anchor->key;
            return new Problem(Problem::KEY_MISSING, [KeySource::NAME, $was]);
        }
        $host = Host::now($store);
        return $host->isOther($anchor) ? new Problem(Problem::OTHER_SERVER, [$anchor->host, $host->name]) : null;
    }

    /**
     * The store's directory: where wp-config.php says, else where it was.
     */
    public static function store(Anchor $anchor): string
    {
        return defined(Place::NAME) ? Place::of($anchor)->store() : $anchor->path;
    }

    /**
     * Its key file, where it has one: it moves with the store.
     */
    public static function keyFile(Anchor $anchor): ?string
    {
        return defined(Place::NAME) && $anchor->keyFile !== null ? Place::of($anchor)->keyFile() : $anchor->keyFile;
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
