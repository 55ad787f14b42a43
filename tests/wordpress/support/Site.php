<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\FpmMaster;

/**
 * A WordPress of Debian's package behind nginx and php-fpm, with a database, files and workers of its own.
 *
 * It lies as a hoster lays one out: a home, which is the workers' own, and in it the document root `public`. The core
 * is a copy, so that ABSPATH and wp-config.php are where they belong; only `wp-includes` is Debian's own, by a link.
 */
final class Site
{
    private const START_SECONDS = 60;
    private const CORE = '/usr/share/wordpress';
    /** How long all of evaluateMany() have for starting, before the code runs. */
    private const START_TOGETHER_SECONDS = 0.4;

    private static int $count = 0;

    public readonly Database $database;
    public readonly Plugins $plugins;
    public readonly Logs $logs;
    private readonly string $directory;
    private readonly string $token;
    private readonly Nginx $nginx;
    private readonly Http $http;
    private FpmMaster $fpm;
    /** @var array<string, Browser> by who is logged in */
    private array $browsers = [];
    /** @var list<Disk> */
    private array $disks = [];

    private function __construct(private Settings $settings)
    {
        $number = ++self::$count;
        $this->token = bin2hex(random_bytes(16));
        $name = 'site_' . getmypid() . "_{$number}";
        $this->directory = Template::directory() . "/{$name}";
        $this->database = Database::copy(Template::database($settings->kind), $name);
        $this->logs = new Logs($this->run(), $this->root());
        $this->layOut();
        $this->startFpm();
        $network = $settings->kind === Kind::Network;
        $this->nginx = new Nginx($this->run(), $this->root(), $this->fpm->socket, $network);
        $this->http = new Http($this->nginx->port, $this->host());
        $this->plugins = new Plugins($this);
        $this->configure();
        if ($network && $this->host() !== Template::HOST) {
            $this->rename();
        }
    }

    public static function start(?Settings $settings = null): self
    {
        return new self($settings ?? new Settings());
    }

    /** Ends it, and leaves nothing of it. */
    public function stop(): void
    {
        $this->nginx->stop();
        $this->fpm->stop();
        foreach ($this->disks as $disk) {
            $disk->unmount();
        }
        $this->database->drop();
        Files::remove($this->directory);
    }

    // ---- Where things are

    /** The directory that would be the user's home, above the document root. */
    public function home(): string
    {
        return "{$this->directory}/home";
    }

    /** The document root. */
    public function root(): string
    {
        return "{$this->home()}/public";
    }

    public function content(string $path = ''): string
    {
        return "{$this->root()}/wp-content" . ($path === '' ? '' : "/{$path}");
    }

    /** Where the logs and configurations are, and the object cache. */
    public function run(): string
    {
        return "{$this->directory}/run";
    }

    public function settings(): Settings
    {
        return $this->settings;
    }

    /** As WordPress has it. */
    public function address(): string
    {
        $local = $this->settings->address === 'http://127.0.0.1';
        return $this->settings->address . ($local ? ":{$this->nginx->port}" : '');
    }

    /** Where it can be reached by who has another way to the host's name. */
    public function port(): int
    {
        return $this->nginx->port;
    }

    // ---- As a visitor

    /** Somebody new, who is not logged in. */
    public function visitor(): Browser
    {
        return new Browser($this->http, $this->address());
    }

    /** `admin`, `ada` or `bob`, logged in once. */
    public function as(string $name): Browser
    {
        return $this->browsers[$name] ??= $this->visitor()->login($name, Template::password());
    }

    public function get(string $path): Response
    {
        return $this->visitor()->get($path);
    }

    /**
     * Sends requests at the same time.
     *
     * @param list<Request> $requests
     *
     * @return list<Response> in their order
     */
    public function sendAll(array $requests): array
    {
        return $this->http->sendAll($requests);
    }

    /** Runs what is due, and waits for its end. */
    public function cron(string $blog = '/'): Response
    {
        return $this->get("{$blog}wp-cron.php");
    }

    // ---- From within

    /**
     * Runs code in a request, when WordPress, its plug-ins and theme are loaded.
     *
     * @param string               $php       a function's body, with `$arguments`
     * @param array<string, mixed> $arguments plain values
     * @param int                  $as        the id of who is logged in; 0 for nobody
     * @param string               $at        the request's path: `/`, `/second/`, `/wp-admin/admin-ajax.php` ...
     *
     * @return mixed what it returned, objects as arrays of incomplete ones
     *
     * @throws Thrown what it threw
     */
    public function evaluate(string $php, array $arguments = [], int $as = 0, string $at = '/'): mixed
    {
        return $this->answer($this->http->send($this->evaluation($php, $arguments, $as, $at)));
    }

    /**
     * Runs code in several requests at once, which begin it together. There have to be as many workers.
     *
     * @param array<string, mixed> $arguments as above, with the request's number (from 0) as `number`
     *
     * @return list<mixed> what each returned
     */
    public function evaluateMany(int $times, string $php, array $arguments = [], int $as = 0, string $at = '/'): array
    {
        if ($times > $this->settings->workers) {
            throw new \LogicException("{$times} requests at once need as many workers: Settings::\$workers.");
        }
        $start = microtime(true) + self::START_TOGETHER_SECONDS;
        $requests = array_map(
            fn (int $number) => $this->evaluation($php, ['number' => $number] + $arguments, $as, $at, $start),
            range(0, $times - 1),
        );
        return array_map($this->answer(...), $this->http->sendAll($requests));
    }

    // ---- The database's row of an option

    /**
     * A network's option as it is stored (one site's is in wp_options); null where there is no row.
     */
    public function row(string $option): ?string
    {
        [$table, $name, $value, $where] = $this->place();
        $rows = $this->database->query("SELECT {$value} FROM {$table} WHERE {$name} = ?{$where}", [$option]);
        if (count($rows) > 1) {
            throw new \RuntimeException("{$option} is in {$table} " . count($rows) . ' times.');
        }
        return $rows[0][$value] ?? null;
    }

    /**
     * Stores it past WordPress, autoload off; null deletes it. Caches do not notice.
     */
    public function setRow(string $option, ?string $stored): void
    {
        [$table, $name, $value, $where] = $this->place();
        $this->database->query("DELETE FROM {$table} WHERE {$name} = ?{$where}", [$option]);
        $more = $where === '' ? ['autoload' => 'no'] : ['site_id' => 1];
        if ($stored !== null) {
            $columns = implode(', ', [$name, $value, key($more)]);
            $values = [$option, $stored, current($more)];
            $this->database->query("INSERT INTO {$table} ({$columns}) VALUES (?, ?, ?)", $values);
        }
    }

    /**
     * Where a text is: in which columns of the database, in which files of the home and of the object cache.
     *
     * @return list<string>
     */
    public function search(string $text): array
    {
        $found = $this->database->search($text);
        foreach ([$this->home(), $this->run()] as $directory) {
            foreach (Files::below($directory) as $file) {
                if (str_contains((string) file_get_contents($file), $text)) {
                    $found[] = substr($file, strlen($this->directory) + 1);
                }
            }
        }
        return $found;
    }

    // ---- Its servers

    /**
     * Other settings, see Settings, on the same site; without any, php-fpm is stopped and started.
     */
    public function restart(mixed ...$changes): void
    {
        $this->settings = $this->settings->with(...$changes);
        $this->fpm->stop();
        $this->configure();
        $this->startFpm();
    }

    /**
     * Other constants of wp-config.php, beside those that there are; null takes one away.
     *
     * @param array<string, mixed> $constants
     */
    public function define(array $constants): void
    {
        $constants = array_diff_key($constants + $this->settings->constants, array_filter($constants, is_null(...)));
        $this->settings = $this->settings->with(constants: $constants);
        $this->configure();
    }

    /** Other workers, as `systemctl reload` does. */
    public function reload(): void
    {
        $before = $this->fpm->workers();
        $this->fpm->reload();
        $this->await(
            'does not reload',
            fn (): bool => $this->areThere() && array_intersect($before, $this->workers()) === [],
        );
    }

    /**
     * The process ids of php-fpm's workers.
     *
     * @return list<int>
     */
    public function workers(): array
    {
        return $this->fpm->workers();
    }

    /**
     * Puts a small disk in the place of a directory, and starts php-fpm anew; group root.
     */
    public function shrink(string $directory, string $size = '1m'): Disk
    {
        $this->fpm->stop();
        $disk = $this->disks[] = new Disk($directory, $size);
        $this->startFpm();
        return $disk;
    }

    /** Stops php-fpm; nginx answers 502 until restart(). */
    public function halt(): void
    {
        $this->fpm->stop();
    }

    private function layOut(): void
    {
        $made = [$this->content('mu-plugins'), $this->content('plugins'), $this->content('themes'), $this->run()];
        foreach ([...$made, $this->content('uploads')] as $path) {
            mkdir($path, recursive: true);
        }
        foreach (glob(self::CORE . '/*.php') ?: [] as $file) {
            if (basename($file) !== 'wp-config.php') {
                Files::copy($file, $this->root() . '/' . basename($file));
            }
        }
        Files::copy(self::CORE . '/wp-admin', "{$this->root()}/wp-admin");
        symlink(self::CORE . '/wp-includes', "{$this->root()}/wp-includes");
        $own = __DIR__ . '/../site';
        Files::copy("{$own}/mu-plugins/tests.php", $this->content('mu-plugins/tests.php'));
        Files::copy("{$own}/themes/tests", $this->content('themes/tests'));
        // The workers pass through here; the database's files are not theirs.
        chmod(Template::directory(), 0711);
        Files::giveAway($this->directory);
        if (!$this->settings->homeWritable && FpmMaster::user() !== null) {
            chown($this->home(), 'root');
        }
    }

    /** Writes wp-config.php, and puts the object cache in its place or takes it away. */
    private function configure(): void
    {
        Configuration::write($this, $this->token);
        $cache = $this->content('object-cache.php');
        if ($this->settings->objectCache && !is_file($cache)) {
            Files::copy(__DIR__ . '/../site/object-cache.php', $cache);
        } elseif (!$this->settings->objectCache && is_file($cache)) {
            unlink($cache);
            Files::remove("{$this->run()}/cache");
        }
    }

    private function startFpm(): void
    {
        $settings = $this->settings;
        $preload = $settings->preload === '' ? [] : [
            'opcache.preload' => $this->content("plugins/{$settings->preload}"),
            'opcache.preload_user' => FpmMaster::user() ?? get_current_user(),
        ];
        $ini = $settings->ini + $preload + [
            'ffi.enable' => $settings->ffi,
            'memory_limit' => '256M',
            'upload_max_filesize' => '64M',
            'post_max_size' => '64M',
            'display_errors' => '0',
            'opcache.file_cache' => Template::compiled(),
            // So that wp-cron.php answers when it is done.
            'disable_functions' => 'fastcgi_finish_request',
        ];
        $pool = [
            'pm.max_children' => (string) $settings->workers,
            'pm.max_requests' => (string) $settings->maxRequests,
        ];
        foreach ($settings->environment as $name => $value) {
            $pool["env[{$name}]"] = '"' . $value . '"';
        }
        $this->fpm = new FpmMaster($this->run(), $ini, $pool);
        $this->await('does not answer', $this->areThere(...));
    }

    private function areThere(): bool
    {
        $answers = @stream_socket_client("unix://{$this->fpm->socket}");
        return $answers !== false && count($this->workers()) === $this->settings->workers;
    }

    /**
     * @param \Closure(): bool $condition
     */
    private function await(string $otherwise, \Closure $condition): void
    {
        $until = microtime(true) + self::START_SECONDS;
        while (!$condition()) {
            if (!$this->fpm->runs() || microtime(true) > $until) {
                throw new \RuntimeException("php-fpm {$otherwise}:\n{$this->fpm->log()}");
            }
            usleep(2000);
        }
    }

    /**
     * @param array<string, mixed> $arguments
     */
    private function evaluation(string $php, array $arguments, int $as, string $at, float $start = 0.0): Request
    {
        $body = serialize(['code' => $php, 'arguments' => $arguments, 'as' => $as, 'start' => $start]);
        $headers = ['X-DM-Tests' => $this->token, 'Content-Type' => 'application/octet-stream'];
        return new Request('POST', $at, $headers, $body);
    }

    private function answer(Response $response): mixed
    {
        $printed = $response->header('X-DM-Tests');
        if ($printed === null) {
            $logged = implode("\n", $this->logs->take());
            throw new \RuntimeException("The code did not end ({$response->status}): {$response->text()}\n{$logged}");
        }
        $answer = unserialize(substr($response->body, (int) $printed), ['allowed_classes' => false]);
        $thrown = $answer['thrown'];
        if ($thrown !== null) {
            throw new Thrown($thrown['class'], $thrown['message'], $thrown['trace']);
        }
        return $answer['value'];
    }

    /**
     * @return array{string, string, string, string} table, columns, more conditions
     */
    private function place(): array
    {
        return $this->settings->kind === Kind::Network
            ? ['wp_sitemeta', 'meta_key', 'meta_value', ' AND site_id = 1']
            : ['wp_options', 'option_name', 'option_value', ''];
    }

    private function host(): string
    {
        return (string) preg_replace('~^https?://([^/]+).*~', '$1', $this->address());
    }

    /** A network's host is in its tables. */
    private function rename(): void
    {
        foreach (['wp_site' => 'domain', 'wp_blogs' => 'domain', 'wp_sitemeta' => 'meta_value'] as $table => $column) {
            $from = $column === 'domain' ? Template::HOST : 'http://' . Template::HOST . '/';
            $to = $column === 'domain' ? $this->host() : "{$this->address()}/";
            $this->database->query("UPDATE {$table} SET {$column} = ? WHERE {$column} = ?", [$to, $from]);
        }
        foreach (['wp_options', 'wp_2_options'] as $table) {
            $replaced = "REPLACE(option_value, 'http://" . Template::HOST . "', ?)";
            $query = "UPDATE {$table} SET option_value = {$replaced} WHERE option_name IN ('home', 'siteurl')";
            $this->database->query($query, [$this->address()]);
        }
    }
}
