<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * A php-fpm of one's own: one worker, a unix socket, and a package as `make install` lays it out, all in one directory.
 *
 * Started by root, the worker runs as www-data, which then owns the directory.
 */
final class Fpm
{
    private const START_SECONDS = 10;

    /** @var resource */
    private $master;
    private readonly string $socket;

    /**
     * @param string                $directory exists, and is empty or was used here before
     * @param array<string, string> $settings  for php.ini
     *
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    public function __construct(private readonly string $directory, array $settings)
    {
        $this->socket = "{$directory}/fpm.sock";
        $user = self::user();
        $global = ['error_log' => "{$directory}/fpm.log", 'daemonize' => 'no'];
        $pool = ['listen' => $this->socket, 'pm' => 'static', 'pm.max_children' => '1', 'catch_workers_output' => '1'];
        $pool += $user === null ? [] : ['user' => $user, 'group' => $user];
        $settings += [
            // An updated file counts at once.
            'opcache.revalidate_freq' => '0',
            'opcache.file_update_protection' => '0',
            'opcache.lockfile_path' => $directory,
            'zend.exception_ignore_args' => '0',
            'zend.exception_string_param_max_len' => '1000000',
            'display_errors' => '1',
            'html_errors' => '0',
            'log_errors' => '1',
            // By the worker itself, and so before it answers.
            'error_log' => "{$directory}/php.log",
        ];
        $lines = "[global]\n" . self::lines($global) . "[www]\n" . self::lines($pool);
        file_put_contents("{$directory}/fpm.conf", $lines);
        file_put_contents("{$directory}/php.ini", self::lines($settings));
        if ($user !== null) {
            self::giveTo($user, $directory);
        }
        $output = ['file', "{$directory}/fpm.out", 'a'];
        $command = [self::program(), '-F', '-c', "{$directory}/php.ini", '-y', "{$directory}/fpm.conf"];
        $master = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes);
        if ($master === false) {
            throw new \RuntimeException('php-fpm could not be started.');
        }
        $this->master = $master;
        $this->worker();
    }

    /** Why there can be no php-fpm here; null where there can. */
    public static function lacks(): ?string
    {
        foreach ([self::program(), self::client()] as $program) {
            if (!is_executable($program)) {
                return "{$program} is not installed.";
            }
        }
        return null;
    }

    /** The user that a worker runs as, where that is another one. */
    public static function user(): ?string
    {
        return posix_geteuid() === 0 ? 'www-data' : null;
    }

    /**
     * Runs code in the worker.
     *
     * @param string               $code      PHP, with the package's classes; `$arguments` is there
     * @param array<string, mixed> $arguments
     *
     * @return string what it printed
     */
    public function request(string $code, array $arguments = []): string
    {
        $script = $this->directory . '/' . md5($code) . '.php';
        if (!is_file($script)) {
            $arrival = '$arguments = json_decode($_SERVER["ARGUMENTS"], true);';
            file_put_contents($script, "<?php require '{$this->directory}/php/autoload.php'; {$arrival} {$code}");
        }
        $environment = [
            'SCRIPT_FILENAME' => $script,
            'REQUEST_METHOD' => 'GET',
            'ARGUMENTS' => json_encode($arguments, JSON_THROW_ON_ERROR),
        ];
        $command = [self::client(), '-bind', '-connect', $this->socket];
        $streams = [['file', '/dev/null', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']];
        $client = proc_open($command, $streams, $pipes, null, $environment);
        if ($client === false) {
            throw new \RuntimeException('cgi-fcgi could not be started.');
        }
        $answer = (string) stream_get_contents($pipes[1]);
        proc_close($client);
        return explode("\r\n\r\n", $answer, 2)[1] ?? '';
    }

    /**
     * The worker's process id, once it answers.
     */
    public function worker(): int
    {
        $until = microtime(true) + self::START_SECONDS;
        do {
            $pid = (int) $this->request('echo getmypid();');
            if ($pid > 0) {
                return $pid;
            }
            usleep(5000);
        } while (proc_get_status($this->master)['running'] && microtime(true) < $until);
        throw new \RuntimeException("php-fpm does not answer:\n{$this->log()}");
    }

    /**
     * The files below a directory that the worker has open.
     *
     * @return array<int, string> names by descriptor, and ` (marked)` where its open file does not block
     */
    public function openFiles(string $directory): array
    {
        $process = '/proc/' . $this->worker();
        $files = [];
        foreach (array_diff(scandir("{$process}/fd") ?: [], ['.', '..']) as $descriptor) {
            $path = (string) @readlink("{$process}/fd/{$descriptor}");
            if (str_starts_with($path, "{$directory}/")) {
                $state = (string) file_get_contents("{$process}/fdinfo/{$descriptor}");
                [, $flags] = (array) sscanf($state, 'pos: %d flags: %o');
                $marked = ($flags & 04000) !== 0 ? ' (marked)' : '';
                $files[(int) $descriptor] = substr($path, strlen($directory) + 1) . $marked;
            }
        }
        return $files;
    }

    /** As `systemctl reload` does: another worker, in the same master. */
    public function reload(): void
    {
        $before = $this->worker();
        proc_terminate($this->master, SIGUSR2);
        $until = microtime(true) + self::START_SECONDS;
        while ($this->worker() === $before) {
            if (microtime(true) > $until) {
                throw new \RuntimeException("php-fpm does not reload:\n{$this->log()}");
            }
            usleep(5000);
        }
    }

    /** What it logged and printed. */
    public function log(): string
    {
        $files = glob("{$this->directory}/{fpm.log,fpm.out,php.log}", GLOB_BRACE) ?: [];
        return implode('', array_map(static fn (string $file) => (string) file_get_contents($file), $files));
    }

    /** Ends it, and waits for the end. */
    public function stop(): void
    {
        proc_terminate($this->master);
        proc_close($this->master);
    }

    private static function program(): string
    {
        return '/usr/sbin/php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
    }

    private static function client(): string
    {
        return '/usr/bin/cgi-fcgi';
    }

    /**
     * @param array<string, string> $settings
     */
    private static function lines(array $settings): string
    {
        $lines = '';
        foreach ($settings as $name => $value) {
            $lines .= "{$name} = {$value}\n";
        }
        return $lines;
    }

    private static function giveTo(string $user, string $path): void
    {
        lchown($path, $user);
        lchgrp($path, $user);
        if (is_dir($path) && !is_link($path)) {
            foreach (array_diff(scandir($path) ?: [], ['.', '..']) as $name) {
                self::giveTo($user, "{$path}/{$name}");
            }
        }
    }
}
