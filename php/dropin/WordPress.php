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
        self::action('datamachine_log', $level, $message, $context);
    }

    /**
     * Calls an action.
     */
    public static function action(string $hook, #[\SensitiveParameter] mixed ...$arguments): void
    {
        if (function_exists('do_action')) {
            do_action($hook, ...$arguments);
        }
    }

    /**
     * Lets an action be called once at a time, in Unix seconds, and at no other. False where that is not possible.
     */
    public static function schedule(string $hook, int $at): bool
    {
        self::unschedule($hook);
        return function_exists('wp_schedule_single_event') && wp_schedule_single_event($at, $hook) === true;
    }

    /**
     * Lets an action be called no more.
     */
    public static function unschedule(string $hook): void
    {
        if (function_exists('wp_clear_scheduled_hook')) {
            wp_clear_scheduled_hook($hook);
        }
    }

    /**
     * A time as a person of the site reads it.
     */
    public static function date(int $time): string
    {
        $date = function_exists('wp_date') ? wp_date('Y-m-d H:i:s', $time) : false;
        return $date === false ? gmdate('Y-m-d H:i:s', $time) : $date;
    }

    /**
     * Whether it is a command line.
     */
    public static function cli(): bool
    {
        return defined('WP_CLI') && (bool) constant('WP_CLI');
    }

    /**
     * Whether nobody is there who asks: a command line, cron, Action Scheduler's queue. What begins these is no
     * person's wish, whoever is logged in.
     */
    public static function unattended(): bool
    {
        return self::cli()
            || (function_exists('wp_doing_cron') && wp_doing_cron())
            || (function_exists('doing_action') && doing_action('action_scheduler_run_queue'))
            || Running::scheduled();
    }

    /**
     * Who is logged in: 0 for nobody; null where that cannot be asked.
     */
    public static function user(): ?int
    {
        return function_exists('get_current_user_id') ? Principals::id(get_current_user_id()) : null;
    }

    /**
     * The site's owners whose accounts a user may manage; null where that cannot be asked.
     *
     * @return list<string>|null
     */
    public static function manages(int $user): ?array
    {
        if (!function_exists('user_can') || !function_exists('is_multisite')) {
            return null;
        }
        $network = is_multisite() ? 'manage_network_options' : 'manage_options';
        return array_keys(array_filter([
            Principals::SITE => user_can($user, $network),
            'site:' . get_current_blog_id() => user_can($user, 'manage_options'),
        ]));
    }
}
