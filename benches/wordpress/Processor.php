<?php

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

/**
 * How long processes were on a processor, as Linux counts it: others that run meanwhile hardly change it.
 */
final class Processor
{
    /** After its answer a worker tidies up. */
    private const TIDYING_MICROSECONDS = 500;

    /**
     * @param int $worker of php-fpm
     * @param int $server the database's
     */
    public function __construct(private readonly int $worker, private readonly int $server)
    {
    }

    /**
     * Milliseconds of both so far, of a worker that waits: it is counted when it leaves the processor.
     *
     * @return array{worker: float, server: float}
     */
    public function milliseconds(): array
    {
        do {
            usleep(self::TIDYING_MICROSECONDS);
            preg_match('~\) (\w)~', (string) file_get_contents("/proc/{$this->worker}/stat"), $state);
        } while (($state[1] ?? '') !== 'S');
        return ['worker' => self::of($this->worker), 'server' => self::of($this->server)];
    }

    private static function of(int $process): float
    {
        $sum = 0;
        foreach (glob("/proc/{$process}/task/*/schedstat") ?: [] as $thread) {
            // Silenced: a thread may have ended since.
            $sum += (int) @file_get_contents($thread);
        }
        return $sum / 1e6;
    }
}
