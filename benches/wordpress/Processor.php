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
     * Nanoseconds of both so far, of a worker that waits: it is counted when it leaves the processor.
     */
    public function nanoseconds(): int
    {
        do {
            usleep(self::TIDYING_MICROSECONDS);
            preg_match('~\) (\w)~', (string) file_get_contents("/proc/{$this->worker}/stat"), $state);
        } while (($state[1] ?? '') !== 'S');
        $sum = 0;
        foreach ([$this->worker, $this->server] as $process) {
            foreach (glob("/proc/{$process}/task/*/schedstat") ?: [] as $thread) {
                // Silenced: a thread may have ended since.
                $sum += (int) @file_get_contents($thread);
            }
        }
        return $sum;
    }
}
