<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A program that runs to its end.
 */
final class Command
{
    /**
     * @SuppressWarnings(PHPMD.UndefinedVariable)
     *
     * @throws \RuntimeException what it said, where it failed
     */
    public static function run(string ...$command): void
    {
        exec(implode(' ', array_map(escapeshellarg(...), $command)) . ' 2>&1', $said, $failed);
        if ($failed !== 0) {
            throw new \RuntimeException("{$command[0]} failed: " . implode("\n", $said));
        }
    }
}
