<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * Which release these PHP files are of.
 *
 * In a file of its own, because `Library` may be preloaded: after an update it stays the old one until php-fpm is
 * reloaded, and notices that by this constant.
 *
 * @internal
 */
final class Release
{
    public const VERSION = '0.1.0';
}
