<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

/**
 * The hooks of WordPress, also where it is only there in part: smoke scripts define a handful of its functions.
 *
 * @internal
 */
final class WordPress
{
    /**
     * Applies a filter; without WordPress the value stays.
     */
    public static function filter(string $hook, mixed $value, mixed ...$arguments): mixed
    {
        return function_exists('apply_filters') ? apply_filters($hook, $value, ...$arguments) : $value;
    }

    /**
     * Writes to Data Machine's log.
     *
     * @param array<string, mixed> $context
     */
    public static function log(string $level, string $message, array $context): void
    {
        if (function_exists('do_action')) {
            do_action('datamachine_log', $level, $message, $context);
        }
    }
}
