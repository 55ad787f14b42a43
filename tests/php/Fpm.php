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

    private readonly FpmMaster $master;

    /**
     * @param string                $directory exists, and is empty or was used here before
     * @param array<string, string> $settings  for php.ini
     */
    public function __construct(private readonly string $directory, array $settings)
    {
        $this->master = new FpmMaster($directory, $settings + [
            'opcache.file_update_protection' => '0',
            'display_errors' => '1',
        ]);
        $this->worker();
    }

    /** Why there can be no php-fpm here; null where there can. */
    public static function lacks(): ?string
    {
        foreach ([FpmMaster::program(), self::client()] as $program) {
            if (!is_executable($program)) {
                return "{$program} is not installed.";
            }
        }
        return null;
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
        $command = [self::client(), '-bind', '-connect', $this->master->socket];
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
        } while ($this->master->runs() && microtime(true) < $until);
        throw new \RuntimeException("php-fpm does not answer:\n{$this->log()}");
    }

    /**
     * The files below a directory that the worker has open for writing; what it only watches comes and goes.
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
                if (($flags & 03) !== 0) {
                    $files[(int) $descriptor] = substr($path, strlen($directory) + 1) . $marked;
                }
            }
        }
        return $files;
    }

    /** As `systemctl reload` does: another worker, in the same master. */
    public function reload(): void
    {
        $before = $this->worker();
        $this->master->reload();
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
        return $this->master->log();
    }

    /** Ends it, and waits for the end. */
    public function stop(): void
    {
        $this->master->stop();
    }

    private static function client(): string
    {
        return '/usr/bin/cgi-fcgi';
    }
}
