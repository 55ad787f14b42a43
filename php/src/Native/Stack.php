<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * What is being called. Nothing else tells of a call that it is over: `exit` runs no `finally`, and a fatal error not
 * even destructors, but shutdown functions go on.
 *
 * @internal
 */
final class Stack
{
    /**
     * Whether a method of an object is being called; of another fiber's calls nothing is known here.
     */
    public static function has(object $object, string $method): bool
    {
        foreach (debug_backtrace(DEBUG_BACKTRACE_PROVIDE_OBJECT | DEBUG_BACKTRACE_IGNORE_ARGS) as $frame) {
            if (($frame['object'] ?? null) === $object && $frame['function'] === $method) {
                return true;
            }
        }
        return false;
    }
}
