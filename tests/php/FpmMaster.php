<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * A php-fpm of one's own, with one pool on a unix socket; its files are in a directory of its own.
 *
 * Started by root, the workers run as www-data, which then owns the directory. It ends with the process that began it.
 */
final class FpmMaster
{
    public readonly string $socket;
    /** @var resource */
    private $process;

    /**
     * @param string                $directory exists, and is empty or was used here before
     * @param array<string, string> $settings  for php.ini
     * @param array<string, string> $pool      of the pool, over one static worker
     *
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    public function __construct(private readonly string $directory, array $settings, array $pool = [])
    {
        $this->socket = "{$directory}/fpm.sock";
        $user = self::user();
        $global = ['error_log' => "{$directory}/fpm.log", 'daemonize' => 'no'];
        $pool += $user === null ? [] : ['user' => $user, 'group' => $user, 'listen.owner' => $user];
        $pool += ['listen' => $this->socket, 'pm' => 'static', 'pm.max_children' => '1', 'catch_workers_output' => '1'];
        $settings += [
            'opcache.lockfile_path' => $directory,
            // An updated file counts at once.
            'opcache.revalidate_freq' => '0',
            // The settings under which a trace would show a secret.
            'zend.exception_ignore_args' => '0',
            'zend.exception_string_param_max_len' => '1000000',
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
        $command = ['setpriv', '--pdeathsig', 'TERM', '--', ...$command];
        $process = proc_open($command, [['file', '/dev/null', 'r'], $output, $output], $pipes);
        if ($process === false) {
            throw new \RuntimeException('php-fpm could not be started.');
        }
        $this->process = $process;
    }

    public static function program(): string
    {
        return '/usr/sbin/php-fpm' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
    }

    /** The user that a worker runs as, where that is another one. */
    public static function user(): ?string
    {
        return posix_geteuid() === 0 ? 'www-data' : null;
    }

    /** Makes a file, or a directory with what is in it, the user's. */
    public static function giveTo(string $user, string $path): void
    {
        lchown($path, $user);
        lchgrp($path, $user);
        if (is_dir($path) && !is_link($path)) {
            foreach (array_diff(scandir($path) ?: [], ['.', '..']) as $name) {
                self::giveTo($user, "{$path}/{$name}");
            }
        }
    }

    public function runs(): bool
    {
        return proc_get_status($this->process)['running'];
    }

    /**
     * The process ids of its workers.
     *
     * @return list<int>
     */
    public function workers(): array
    {
        $pid = proc_get_status($this->process)['pid'];
        $children = (string) @file_get_contents("/proc/{$pid}/task/{$pid}/children");
        return array_map(intval(...), preg_split('/ /', $children, -1, PREG_SPLIT_NO_EMPTY) ?: []);
    }

    /** Asks for other workers with the same configuration, as `systemctl reload` does, and does not wait for them. */
    public function reload(): void
    {
        proc_terminate($this->process, SIGUSR2);
    }

    /** Ends it where it runs, and waits for the end. */
    public function stop(): void
    {
        if (is_resource($this->process)) {
            proc_terminate($this->process);
            proc_close($this->process);
        }
    }

    /** What it logged and printed. */
    public function log(): string
    {
        $files = glob("{$this->directory}/{fpm.log,fpm.out,php.log}", GLOB_BRACE) ?: [];
        return implode('', array_map(static fn (string $file) => (string) file_get_contents($file), $files));
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
}
