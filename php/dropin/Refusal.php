<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

/**
 * A reason of the drop-in's own for not doing something. Never leaves it: `Failures` turns it into a message.
 *
 * @internal
 */
final class Refusal extends \RuntimeException
{
    /**
     * @param string $reason the same as a short code, for the log
     */
    public function __construct(public readonly string $reason, string $message)
    {
        parent::__construct($message);
    }
}
