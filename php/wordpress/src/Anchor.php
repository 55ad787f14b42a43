<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Mode;
use DataMachine\Connections\Native\Release;

/**
 * What the site's database knows of its store: that there is one, which, and where. No secret.
 *
 * A network option, which is read in every request: on one site it is loaded with all others. With it, the option
 * `datamachine_auth_data` is the truth no longer.
 */
final class Anchor
{
    public const OPTION = 'datamachine_connections';

    /** How often change() begins anew. */
    private const TRIES = 10;

    /** Place::NAME; each request asks whether it is there. */
    private const PLACE = 'DATAMACHINE_CONNECTIONS_PATH';

    /**
     * @param string               $storeId    the store that is expected
     * @param string               $path       its directory
     * @param string               $site       the site that it was made for, for people to read
     * @param string               $siteHash   the same for comparing, see SiteIdentity::hash()
     * @param string               $key        where the key came from, see KeySource
     * @param string|null          $keyFile    the key file, where that is it
     * @param string               $host       the server that it lies on, see Host
     * @param int|null             $inode      of its directory; null where that is not known
     * @param Mode                 $mode       what becomes of what the grants do not allow
     * @param int|null             $migratedAt when the option was taken over, in Unix seconds
     * @param array<string, mixed> $guard      the guard's last answer, see Dropins: one read has both
     * @param array<string, mixed> $stored     as the database has it, so that nobody else's change is overwritten
     *
     * @SuppressWarnings(PHPMD.ExcessiveParameterList) each by its name
     */
    public function __construct(
        public readonly string $storeId,
        public readonly string $path,
        public readonly string $site,
        public readonly string $siteHash,
        public readonly string $key,
        public readonly ?string $keyFile,
        public readonly string $host,
        public readonly ?int $inode = null,
        public readonly Mode $mode = Mode::Observe,
        public readonly ?int $migratedAt = null,
        public readonly string $engine = 'sqlite',
        public readonly string $version = Release::VERSION,
        public readonly array $guard = [],
        private readonly array $stored = [],
    ) {
    }

    /**
     * The anchor of a store that was made at a place, by this server and for this site.
     */
    public static function of(Place $place, string $storeId): self
    {
        $key = KeySource::look($place->keyFile());
        $host = Host::now($place->store());
        return new self(
            storeId: $storeId,
            path: $place->store(),
            site: SiteIdentity::current(),
            siteHash: SiteIdentity::hash(),
            key: $key->kind,
            keyFile: $key->file,
            host: $host->name,
            inode: $host->inode,
        );
    }

    /**
     * The site's anchor; null where there is none: then nothing was migrated.
     *
     * @throws \UnexpectedValueException where something else is in its place; the message is what it lacks
     */
    public static function read(): ?self
    {
        return self::fromArray(get_site_option(self::OPTION));
    }

    /**
     * @throws \UnexpectedValueException
     */
    public static function fromArray(mixed $stored): ?self
    {
        if (self::isNone($stored)) {
            return null;
        }
        $stored = self::whole($stored);
        $text = static fn (string $name): ?string => is_string($stored[$name] ?? null) ? $stored[$name] : null;
        $number = static fn (string $name): ?int => is_int($stored[$name] ?? null) ? $stored[$name] : null;
        return new self(
            storeId: $stored['store_id'],
            path: $stored['path'],
            site: $stored['site'],
            siteHash: $stored['site_hash'],
            key: $stored['key'],
            keyFile: $text('key_file'),
            host: $stored['host'],
            inode: $number('inode'),
            // A word that nobody knows is no reason to let more through.
            mode: ($stored['mode'] ?? null) === Mode::Observe->value ? Mode::Observe : Mode::Enforce,
            migratedAt: $number('migrated_at'),
            engine: $text('engine') ?? 'sqlite',
            version: $text('version') ?? '',
            guard: (array) ($stored['guard'] ?? []),
            stored: $stored,
        );
    }

    /**
     * Whether something is there, be it damaged.
     */
    public static function exists(): bool
    {
        return !self::isNone(get_site_option(self::OPTION));
    }

    /**
     * As the option holds it.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array
    {
        return [
            'store_id' => $this->storeId,
            'engine' => $this->engine,
            'path' => $this->path,
            'host' => $this->host,
            'inode' => $this->inode,
            'site' => $this->site,
            'site_hash' => $this->siteHash,
            'key' => $this->key,
            'key_file' => $this->keyFile,
            'mode' => $this->mode->value,
            'migrated_at' => $this->migratedAt,
            'version' => $this->version,
            'guard' => $this->guard,
        ];
    }

    /**
     * The same with other members, by the names of the constructor.
     */
    public function with(mixed ...$changes): self
    {
        $all = get_object_vars($this);
        return new self(...$changes + $all);
    }

    /**
     * Whether the store was made for this site, or adopted by it: it is no other site's, of which this one is a copy.
     */
    public function isOfThisSite(): bool
    {
        return $this->siteHash === SiteIdentity::hash();
    }

    /**
     * The same, this site's.
     */
    public function adopted(): self
    {
        return $this->with(site: SiteIdentity::current(), siteHash: SiteIdentity::hash());
    }

    /**
     * The store's directory: where wp-config.php says, else where it was.
     */
    public function store(): string
    {
        return defined(self::PLACE) ? Place::of($this)->store() : $this->path;
    }

    /**
     * Its key file, where it has one: it moves with the store.
     */
    public function keyFile(): ?string
    {
        return defined(self::PLACE) && $this->keyFile !== null ? Place::of($this)->keyFile() : $this->keyFile;
    }

    /**
     * The same with this server, place, key and release, for a store that was opened with them.
     */
    public function asOfNow(): self
    {
        return Host::now($this->store())->in($this)->with(
            path: $this->store(),
            key: KeySource::look($this->keyFile())->kind,
            keyFile: $this->keyFile(),
            version: Release::VERSION,
        );
    }

    /**
     * Writes it, whatever is there: what ends a migration.
     *
     * @return bool whether the database has it now
     */
    public function write(): bool
    {
        $value = $this->toArray();
        // On one site update_site_option() would make one that is not loaded with the others.
        is_multisite() ? update_site_option(self::OPTION, $value) : update_option(self::OPTION, $value, true);
        return get_site_option(self::OPTION) === $value;
    }

    /**
     * Writes it in place of the one that was read, and only there: a request that began before a rollback does not
     * bring the anchor back that the rollback took away.
     *
     * @return bool whether it was
     */
    public function replace(self $by): bool
    {
        global $wpdb;
        [$old, $new] = [maybe_serialize($this->stored), maybe_serialize($by->toArray())];
        if ($this->stored === [] || $old === $new) {
            return $this->stored !== [];
        }
        // phpcs:disable WordPress.DB
        $changed = is_multisite()
            ? $wpdb->query($wpdb->prepare(
                "UPDATE {$wpdb->sitemeta} SET meta_value = %s WHERE site_id = %d AND meta_key = %s AND meta_value = %s",
                $new,
                get_current_network_id(),
                self::OPTION,
                $old
            ))
            : $wpdb->query($wpdb->prepare(
                "UPDATE {$wpdb->options} SET option_value = %s WHERE option_name = %s AND option_value = %s",
                $new,
                self::OPTION,
                $old
            ));
        // phpcs:enable
        self::forget();
        return $changed === 1;
    }

    /**
     * Changes the anchor as it is now, whoever else does that at the same time.
     *
     * @param \Closure(self): self $change may be called more than once
     *
     * @return bool whether it was; false also where there is none
     */
    public static function change(\Closure $change): bool
    {
        for ($tries = 0; $tries < self::TRIES; $tries++) {
            self::forget();
            $anchor = self::read();
            if ($anchor === null || $anchor->replace($change($anchor))) {
                return $anchor !== null;
            }
        }
        return false;
    }

    /**
     * Takes it away: what ends a rollback. On one site an empty row is left: that is loaded with all others, while for
     * one that is not there each request would ask the database.
     */
    public static function delete(): void
    {
        is_multisite() ? delete_site_option(self::OPTION) : update_option(self::OPTION, [], true);
    }

    /**
     * The empty row, where there is none.
     */
    public static function begin(): void
    {
        if (!is_multisite()) {
            add_option(self::OPTION, [], '', true);
        }
    }

    private static function isNone(mixed $stored): bool
    {
        return $stored === false || $stored === [];
    }

    /**
     * @return array<string, mixed>
     *
     * @throws \UnexpectedValueException whose message is what it lacks
     */
    private static function whole(mixed $stored): array
    {
        foreach (['store_id', 'path', 'site', 'site_hash', 'key', 'host'] as $needed) {
            if (!is_array($stored) || !is_string($stored[$needed] ?? null) || $stored[$needed] === '') {
                throw new \UnexpectedValueException($needed);
            }
        }
        return $stored;
    }

    /**
     * Forgets what WordPress's cache has of it: the value, or that there is none.
     */
    public static function forget(): void
    {
        $network = get_current_network_id();
        foreach (['alloptions', 'notoptions', self::OPTION] as $key) {
            wp_cache_delete($key, 'options');
        }
        wp_cache_delete("{$network}:" . self::OPTION, 'site-options');
        wp_cache_delete("{$network}:notoptions", 'site-options');
    }
}
