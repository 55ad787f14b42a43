<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * Another PHP process with the same library, for what one process cannot show.
 */
final class Process
{
    /** @var resource */
    private $process;
    /** @var resource */
    private $output;

    /**
     * @param string               $code      PHP, after the bootstrap; `$arguments` is there
     * @param array<string, mixed> $arguments
     * @param list<string>         $flags     further flags of PHP, such as `-d` and a setting
     *
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    public function __construct(string $code, array $arguments = [], array $flags = [])
    {
        $bootstrap = var_export(__DIR__ . '/bootstrap.php', true);
        $code = "require {$bootstrap}; \$arguments = json_decode(\$argv[1], true); {$code}";
        $library = get_cfg_var('dm_connections.library');
        // The last of two settings of one name counts, so that $flags may name another library.
        $command = [
            PHP_BINARY,
            '-d',
            'zend.exception_ignore_args=0',
            '-d',
            'zend.exception_string_param_max_len=1000000',
            ...($library === false ? [] : ['-d', "dm_connections.library={$library}"]),
            ...$flags,
            '-r',
            $code,
            '--',
            json_encode($arguments, JSON_THROW_ON_ERROR),
        ];
        $this->output = tmpfile();
        $process = proc_open($command, [['file', '/dev/null', 'r'], $this->output, $this->output], $pipes);
        if ($process === false) {
            throw new \RuntimeException('PHP could not be started.');
        }
        $this->process = $process;
    }

    /**
     * Runs code to its end.
     *
     * @param array<string, mixed> $arguments
     * @param list<string>         $flags
     *
     * @return string what it printed, errors included
     */
    public static function run(string $code, array $arguments = [], array $flags = []): string
    {
        return (new self($code, $arguments, $flags))->wait();
    }

    /**
     * Waits for the end.
     *
     * @return string what it printed, errors included
     */
    public function wait(): string
    {
        $status = proc_close($this->process);
        rewind($this->output);
        $printed = (string) stream_get_contents($this->output);
        return $status === 0 ? $printed : "{$printed}\n[status {$status}]";
    }
}
