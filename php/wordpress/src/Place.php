<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * A directory for the store and its key file: where they lie, or would.
 *
 * Outside of what the web server serves, wherever there is such a place to write to. Else below wp-content, under a
 * name that nobody guesses, with the files by which Apache, LiteSpeed and IIS refuse to serve it; nginx knows none of
 * them.
 */
final class Place
{
    /** `define('DATAMACHINE_CONNECTIONS_PATH', '/var/lib/example.org');`: a directory, which holds both. */
    public const NAME = 'DATAMACHINE_CONNECTIONS_PATH';

    /** wp-config.php says it. */
    public const CONSTANT = 'constant';
    /** Beside or above the document root. */
    public const OUTSIDE = 'outside';
    /** Below wp-content. */
    public const CONTENT = 'content';

    private const PREFIX = 'datamachine-connections-';
    /** Names of directories that hosts serve, also where this site is only one of those in it. */
    private const SERVED = ['public_html', 'htdocs', 'httpdocs', 'html', 'www', 'web', 'wwwroot', 'public', 'webroot'];
    /** What lies in a directory that is served. */
    private const SIGNS = ['index.php', 'index.html', 'index.htm', '.htaccess', 'wp-load.php', 'web.config'];
    /** How far above the document root is looked. */
    private const LEVELS = 3;

    /** What refuses to serve the directory, and what shows nothing where that is not understood. */
    private const GUARDS = [
        'index.php' => "<?php\n// Nothing to be seen.\n",
        '.htaccess' => "<IfModule mod_authz_core.c>\nRequire all denied\n</IfModule>\n"
            . "<IfModule !mod_authz_core.c>\nOrder deny,allow\nDeny from all\n</IfModule>\n",
        'web.config' => '<?xml version="1.0" encoding="UTF-8"?>' . "\n<configuration><system.webServer><security>"
            . '<requestFiltering><hiddenSegments><add segment="store"/><add segment="key"/></hiddenSegments>'
            . "</requestFiltering></security></system.webServer></configuration>\n",
    ];

    /**
     * @param string $directory absolute, without a slash at its end
     * @param string $kind      one of the names above
     */
    public function __construct(public readonly string $directory, public readonly string $kind)
    {
    }

    /**
     * Where a store of this site would lie. The same each time.
     */
    public static function propose(): self
    {
        // One code may serve several sites, each with tables of its own.
        $site = implode(' ', [DB_NAME, $GLOBALS['wpdb']->base_prefix, is_multisite() ? get_current_network_id() : 1]);
        return self::named() ?? self::choose(self::served(), WP_CONTENT_DIR, $site, wp_salt('auth'));
    }

    /**
     * Where the anchor's store lies: wp-config.php may have been told another place since.
     */
    public static function of(Anchor $anchor): self
    {
        return self::named() ?? self::at(dirname($anchor->path));
    }

    /**
     * Whether a store lies there, whoever's it is.
     */
    public function hasStore(): bool
    {
        return is_file("{$this->store()}/connections.sqlite");
    }

    /**
     * A directory as a place.
     */
    public static function at(string $directory): self
    {
        $guarded = preg_match('~^' . self::PREFIX . '[0-9a-f]{32}$~', basename($directory)) === 1;
        return new self($directory, $guarded ? self::CONTENT : self::OUTSIDE);
    }

    /**
     * The place among what there is.
     *
     * @param list<string> $served  the directories that are served
     * @param string       $content the one of them for what WordPress writes
     * @param string       $site    tells apart the sites that have one such directory in common
     * @param string       $secret  from which the name below it is made
     */
    public static function choose(
        array $served,
        string $content,
        string $site,
        #[\SensitiveParameter] string $secret,
    ): self {
        $id = substr(hash('sha256', implode("\0", [...$served, $site])), 0, 12);
        foreach (self::above($served) as $directory) {
            if (self::isPrivate($directory)) {
                return new self("{$directory}/" . self::PREFIX . $id, self::OUTSIDE);
            }
        }
        $name = substr(hash_hmac('sha256', "datamachine-connections directory {$site}", $secret), 0, 32);
        return new self(rtrim($content, '/') . '/' . self::PREFIX . $name, self::CONTENT);
    }

    /**
     * What the web server serves of this site, as far as that can be known: links resolved, none within another one.
     * First the one with wp-content in it, which is the document root nearly everywhere.
     *
     * @return list<string>
     */
    public static function served(): array
    {
        $directories = [WP_CONTENT_DIR, WP_PLUGIN_DIR, ABSPATH];
        $root = $_SERVER['DOCUMENT_ROOT'] ?? '';
        if (is_string($root)) {
            $directories[] = $root;
        }
        // A command line is told no document root: where the address has a path, WordPress lies that deep in it.
        $path = rtrim((string) wp_parse_url((string) get_option('siteurl'), PHP_URL_PATH), '/');
        $absolute = rtrim(ABSPATH, '/');
        if ($path !== '' && str_ends_with($absolute, $path)) {
            $directories[] = substr($absolute, 0, -strlen($path));
        }
        return self::outermost($directories);
    }

    /**
     * Of directories those that are in no other one, links resolved; first the one that holds the first.
     *
     * @param list<string> $directories
     *
     * @return list<string>
     */
    public static function outermost(array $directories): array
    {
        $real = static fn (string $directory): string => rtrim((string) (realpath($directory) ?: $directory), '/');
        // Nobody serves all of the file system: what resolves to that was left blank.
        $directories = array_filter(array_map($real, array_filter($directories)), static fn ($one) => $one !== '');
        $outermost = [];
        foreach ($directories as $directory) {
            foreach ($directories as $other) {
                $directory = self::isIn($directory, $other) ? $other : $directory;
            }
            $outermost[] = $directory;
        }
        return array_values(array_unique($outermost));
    }

    /** The store's directory. */
    public function store(): string
    {
        return "{$this->directory}/store";
    }

    /** The key file, where it is one. */
    public function keyFile(): string
    {
        return "{$this->directory}/key/primary.key";
    }

    /**
     * What the store has to lie outside of, for the library to check; null where it lies in there on purpose.
     */
    public function documentRoot(): ?string
    {
        $served = self::served();
        return $this->kind === self::CONTENT ? null : ($served[0] ?? null);
    }

    /**
     * The address under which a web server that heeds none of the guards would serve a file of it; null outside.
     */
    public function url(string $file = 'index.php'): ?string
    {
        $content = rtrim(WP_CONTENT_DIR, '/') . '/';
        return str_starts_with($this->directory, $content)
            ? content_url(substr($this->directory, strlen($content)) . "/{$file}")
            : null;
    }

    /**
     * Why no store can be made there; null where one can. Nothing is written.
     */
    public function problem(): ?Problem
    {
        $owner = self::owner(WP_CONTENT_DIR);
        $nearest = $this->directory;
        while (!@is_dir($nearest) && dirname($nearest) !== $nearest) {
            $nearest = dirname($nearest);
        }
        return match (true) {
            !str_starts_with($this->directory, '/') => new Problem(Problem::PLACE_RELATIVE, [$this->directory]),
            // What root makes, nobody else can open: the web server would be locked out.
            $owner !== null && $owner !== self::user() => new Problem(Problem::OTHER_USER, [self::nameOf($owner)]),
            !@is_writable($nearest) => new Problem(Problem::PLACE_NOT_WRITABLE, [$this->directory, $nearest]),
            default => null,
        };
    }

    /**
     * Makes the directory, and what keeps it from being served. The store and the key file are the library's to make.
     *
     * @throws \RuntimeException where that is not possible
     */
    public function prepare(): void
    {
        $problem = $this->problem();
        if ($problem !== null) {
            throw $problem->exception();
        }
        if (!is_dir($this->directory) && !@mkdir($this->directory, 0700, true) && !is_dir($this->directory)) {
            $problem = new Problem(Problem::PLACE_NOT_WRITABLE, [$this->directory, dirname($this->directory)]);
            throw $problem->exception();
        }
        foreach ($this->kind === self::CONTENT ? self::GUARDS : [] as $name => $text) {
            $file = "{$this->directory}/{$name}";
            if (!is_file($file)) {
                file_put_contents($file, $text);
            }
        }
    }

    /**
     * Deletes the store, its key file and the directory: for an uninstallation that was told to.
     *
     * @return bool whether nothing of it is left
     */
    public function destroy(): bool
    {
        // The key first: without it the rest is noise.
        $ours = [
            dirname($this->keyFile()) => ['*.key'],
            $this->store() => ['connections.sqlite*', '*.lock'],
            $this->directory => $this->kind === self::CONTENT ? ['index.php', '.htaccess', 'web.config'] : [],
        ];
        foreach ($ours as $directory => $names) {
            foreach (@scandir($directory) ?: [] as $name) {
                $isOurs = array_filter($names, static fn (string $one): bool => fnmatch($one, $name)) !== [];
                // What else somebody has put there is theirs, and a directory of it stays.
                if ($isOurs && is_file("{$directory}/{$name}")) {
                    @unlink("{$directory}/{$name}");
                }
            }
            @rmdir($directory);
        }
        clearstatcache();
        return !is_dir($this->directory);
    }

    /**
     * The user that the web server runs PHP as, as far as files tell.
     */
    public static function webUser(): string
    {
        $owner = @fileowner(WP_CONTENT_DIR);
        return $owner === false ? 'www-data' : self::nameOf($owner);
    }

    /** Where wp-config.php says. */
    private static function named(): ?self
    {
        $named = defined(self::NAME) ? constant(self::NAME) : null;
        return is_string($named) && $named !== '' ? new self(rtrim($named, '/'), self::CONSTANT) : null;
    }

    /**
     * The directories above what is served, the nearest first.
     *
     * @param list<string> $served
     *
     * @return list<string>
     */
    private static function above(array $served): array
    {
        $above = [];
        $directory = dirname($served[0] ?? '/');
        for ($level = 0; $level < self::LEVELS && dirname($directory) !== $directory; $level++) {
            $above[] = $directory;
            $directory = dirname($directory);
        }
        $outside = static function (string $directory) use ($served): bool {
            return array_filter($served, static fn (string $one): bool => self::isIn($directory, $one)) === [];
        };
        return array_values(array_filter($above, $outside));
    }

    private static function isIn(string $directory, string $other): bool
    {
        return str_starts_with("{$directory}/", "{$other}/");
    }

    /** Whether it can be written to, and nothing says that it is served, or everybody's. */
    private static function isPrivate(string $directory): bool
    {
        if (!@is_dir($directory) || !@is_writable($directory) || (@fileperms($directory) & 0002) !== 0) {
            return false;
        }
        if (in_array(strtolower(basename($directory)), self::SERVED, true)) {
            return false;
        }
        foreach (self::SIGNS as $sign) {
            if (@file_exists("{$directory}/{$sign}")) {
                return false;
            }
        }
        return true;
    }

    private static function user(): ?int
    {
        return function_exists('posix_geteuid') ? posix_geteuid() : null;
    }

    /** Whose files the site writes; null where root may be it, or nobody can tell. */
    private static function owner(string $directory): ?int
    {
        if (self::user() !== 0) {
            return null;
        }
        $owner = @fileowner($directory);
        return $owner === false || $owner === 0 ? null : $owner;
    }

    private static function nameOf(int $user): string
    {
        $found = function_exists('posix_getpwuid') ? posix_getpwuid($user) : false;
        return is_array($found) ? $found['name'] : "#{$user}";
    }
}
