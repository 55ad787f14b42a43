<?php

/**
 * This is not WordPress: only the functions that the drop-in calls, and those that its tests set them up with, as
 * simple as they can be. The same tests run on a real one (DM_WORDPRESS).
 */

declare(strict_types=1);

// What a stub ignores, it takes all the same.
// phpcs:disable PSR1.Files.SideEffects, PSR1.Classes.ClassDeclaration, Squiz.Classes.ValidClassName

class WP_Error
{
    public function __construct(private string $code = '', private string $message = '', private mixed $data = null)
    {
    }

    public function get_error_data(): mixed // phpcs:ignore PSR1.Methods.CamelCapsMethodName
    {
        return $this->data;
    }

    public function get_error_code(): string // phpcs:ignore PSR1.Methods.CamelCapsMethodName
    {
        return $this->code;
    }

    public function get_error_message(): string // phpcs:ignore PSR1.Methods.CamelCapsMethodName
    {
        return $this->message;
    }
}

/**
 * Hooks, by name, in the order in which they are called: callback, how many arguments it takes, priority.
 *
 * @return array<string, list<array{callable, int, int}>>
 */
function &stubbed_hooks(): array
{
    $GLOBALS['wp_filter'] ??= [];
    return $GLOBALS['wp_filter'];
}

/**
 * The names of hooks that are being called, outermost first. As in WordPress, one that throws stays.
 *
 * @return list<string>
 */
function &stubbed_calls(): array
{
    static $calls = [];
    return $calls;
}

function add_filter(string $hook, callable $callback, int $priority = 10, int $arguments = 1): bool
{
    $hooks = &stubbed_hooks();
    $hooks[$hook][] = [$callback, $arguments, $priority];
    usort($hooks[$hook], static fn (array $a, array $b): int => $a[2] <=> $b[2]);
    return true;
}

/**
 * @SuppressWarnings(PHPMD.UnusedFormalParameter)
 */
function remove_filter(string $hook, callable $callback, int $priority = 10): bool
{
    $hooks = &stubbed_hooks();
    $others = array_filter($hooks[$hook] ?? [], static fn (array $added): bool => $added[0] !== $callback);
    $hooks[$hook] = array_values($others);
    return true;
}

function remove_all_actions(string $hook): bool
{
    unset(stubbed_hooks()[$hook]);
    return true;
}

function apply_filters(string $hook, mixed $value, mixed ...$arguments): mixed
{
    stubbed_calls()[] = $hook;
    for ($at = 0; isset(stubbed_hooks()[$hook][$at]); $at++) {
        [$callback, $count] = stubbed_hooks()[$hook][$at];
        $value = $callback(...array_slice([$value, ...$arguments], 0, $count));
    }
    array_pop(stubbed_calls());
    return $value;
}

function add_action(string $hook, callable $callback, int $priority = 10, int $arguments = 1): bool
{
    return add_filter($hook, $callback, $priority, $arguments);
}

function do_action(string $hook, mixed ...$arguments): void
{
    stubbed_calls()[] = $hook;
    // One by one, since one may add another that comes later.
    for ($at = 0; isset(stubbed_hooks()[$hook][$at]); $at++) {
        [$callback, $count] = stubbed_hooks()[$hook][$at];
        $callback(...array_slice($arguments, 0, $count));
    }
    array_pop(stubbed_calls());
}

function doing_action(string $hook): bool
{
    return in_array($hook, stubbed_calls(), true);
}

/**
 * @SuppressWarnings(PHPMD.UnusedFormalParameter)
 */
function __(string $text, string $domain = 'default'): string
{
    return $text;
}

function site_url(string $path = ''): string
{
    return "https://example.org{$path}";
}

/**
 * WP-Cron's events: when each hook is called next.
 *
 * @return array<string, int>
 */
function &stubbed_events(): array
{
    static $events = [];
    return $events;
}

function wp_schedule_single_event(int $timestamp, string $hook): bool
{
    stubbed_events()[$hook] = $timestamp;
    return true;
}

function wp_next_scheduled(string $hook): int|false
{
    return stubbed_events()[$hook] ?? false;
}

function wp_clear_scheduled_hook(string $hook): int
{
    unset(stubbed_events()[$hook]);
    return 0;
}

function wp_date(string $format, int $timestamp): string|false
{
    return gmdate($format, $timestamp);
}

function wp_salt(string $scheme = 'auth'): string
{
    return "the stubbed salt of {$scheme}";
}

function wp_set_current_user(int $id): void
{
    $GLOBALS['stubbed_user'] = $id;
}

function get_current_user_id(): int
{
    return $GLOBALS['stubbed_user'] ?? 0;
}

function wp_doing_cron(): bool
{
    return (bool) apply_filters('wp_doing_cron', false);
}

function is_multisite(): bool
{
    return false;
}

function get_current_blog_id(): int
{
    return 1;
}

/** User 1 is the administrator, as in a WordPress that was just installed. */
function user_can(int $user, string $capability): bool
{
    return $user === 1 && str_starts_with($capability, 'manage_');
}
