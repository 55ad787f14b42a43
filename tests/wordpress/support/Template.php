<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A WordPress that was installed once in this run, and that each site is a copy of. Its people are `admin` (1), an
 * editor `ada` (12) and an author `bob` (13), all with the same password; on a network `bob` is one of `/second/` only.
 */
final class Template
{
    public const HOST = 'example.org';

    private const INSTALLED = 'wordpress';

    /** What scripts/database.sh made. */
    public static function directory(): string
    {
        $directory = getenv('DM_WORDPRESS_DIRECTORY');
        if ($directory === false || !is_dir($directory)) {
            throw new \RuntimeException('A database is there below scripts/{test-wordpress,site}.sh only.');
        }
        return $directory;
    }

    /**
     * Where all sites' workers keep what opcache compiled: so the first request of a site takes a sixth of the time.
     */
    public static function compiled(): string
    {
        $directory = self::directory() . '/opcache';
        if (!is_dir($directory)) {
            mkdir($directory);
            Files::giveAway($directory);
        }
        return $directory;
    }

    /** Everybody's, in this run. */
    public static function password(): string
    {
        $file = self::directory() . '/password';
        if (!is_file($file)) {
            file_put_contents($file, bin2hex(random_bytes(8)));
        }
        return (string) file_get_contents($file);
    }

    /** Its database, which is made where it is not there yet. */
    public static function database(Kind $kind): Database
    {
        $database = new Database("template_{$kind->value}");
        Database::server();
        if (!$database->exists()) {
            self::run(__DIR__ . '/../../dropin/wordpress-install.php', $kind);
            self::run(__DIR__ . '/people.php', $kind);
            $installed = new Database(self::INSTALLED);
            Database::copy($installed, $database->name);
            $installed->drop();
        }
        return $database;
    }

    /**
     * In a process of its own, since a process is one WordPress for good.
     *
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    private static function run(string $script, Kind $kind): void
    {
        $environment = ['DM_WORDPRESS' => $kind->value, 'DM_WORDPRESS_PASSWORD' => self::password()] + getenv();
        foreach (['plugins', 'themes'] as $name) {
            @mkdir(self::directory() . "/content/{$name}", recursive: true);
        }
        $output = self::directory() . "/install-{$kind->value}.log";
        $streams = [['file', '/dev/null', 'r'], ['file', $output, 'a'], ['file', $output, 'a']];
        $process = proc_open([PHP_BINARY, $script], $streams, $pipes, null, $environment);
        if ($process === false || proc_close($process) !== 0) {
            throw new \RuntimeException("{$script} failed: " . file_get_contents($output));
        }
    }
}
