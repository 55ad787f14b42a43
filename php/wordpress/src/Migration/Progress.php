<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Place;

/**
 * How far a migration has come: kept in an option, so that it survives time limits and kills. Without secrets, and
 * never what decides who is in charge: that is the anchor alone.
 */
final class Progress
{
    public const OPTION = 'datamachine_connections_migration';

    /** A store is there and empty, and waits for somebody to begin. */
    public const PREPARED = 'prepared';
    /** Entries are being taken over; the option still is the truth. */
    public const RUNNING = 'running';
    /** The vault is the truth now. */
    public const DONE = 'done';
    /** It was given back to the option. */
    public const ROLLED_BACK = 'rolled_back';

    /**
     * @param string      $phase   one of the names above
     * @param Anchor      $anchor  of the store that was made for it; the site's only once it is done
     * @param int         $entries how many accounts, app configs and other pieces the option has
     * @param int         $done    how many of them were taken over
     * @param int         $at      when it last moved, in Unix seconds
     * @param string|null $by      who began it, such as `user:1`
     * @param string|null $given   hash of the option as it was given back, see Latecomers
     * @param int         $writes  Vault::writes() of then
     */
    public function __construct(
        public readonly string $phase,
        public readonly Anchor $anchor,
        public readonly int $entries = 0,
        public readonly int $done = 0,
        public readonly int $at = 0,
        public readonly ?string $by = null,
        public readonly ?string $given = null,
        public readonly int $writes = 0,
    ) {
    }

    /**
     * The one that is under way or has ended; null where none was prepared.
     */
    public static function read(): ?self
    {
        $stored = get_site_option(self::OPTION);
        try {
            $anchor = is_array($stored) ? Anchor::fromArray($stored['anchor'] ?? false) : null;
        } catch (\UnexpectedValueException) {
            // Nothing depends on it: it is begun anew.
            return null;
        }
        // Of a copy of a site it is that site's, and so is the place in it.
        if ($anchor?->isOfThisSite() !== true) {
            return null;
        }
        $number = static fn (string $name): int => is_int($stored[$name] ?? null) ? $stored[$name] : 0;
        return new self(
            (string) ($stored['phase'] ?? ''),
            $anchor,
            $number('entries'),
            $number('done'),
            $number('at'),
            is_string($stored['by'] ?? null) ? $stored['by'] : null,
            is_string($stored['given'] ?? null) ? $stored['given'] : null,
            $number('writes'),
        );
    }

    /**
     * Where the store is to be, or is already.
     */
    public static function place(): Place
    {
        $progress = self::read();
        return $progress === null ? Place::propose() : Place::at(dirname($progress->anchor->path));
    }

    /**
     * The same with other members, by the names of the constructor, written now.
     */
    public function write(mixed ...$changes): self
    {
        $changed = new self(...$changes + ['at' => time()] + get_object_vars($this));
        update_site_option(self::OPTION, ['anchor' => $changed->anchor->toArray()] + get_object_vars($changed));
        return $changed;
    }

    public static function forget(): void
    {
        delete_site_option(self::OPTION);
    }
}
