<?php

/**
 * What SerializedOption needs of WordPress, where an option is a file and every look is another request's.
 */

declare(strict_types=1);

function get_site_option(string $name, mixed $default): mixed
{
    $stored = @file_get_contents(getenv('DM_TEST_STORE') . "/{$name}");
    return $stored === false ? $default : unserialize($stored, ['allowed_classes' => false]);
}

function update_site_option(string $name, mixed $value): bool
{
    $file = getenv('DM_TEST_STORE') . "/{$name}";
    file_put_contents("{$file}." . getmypid(), serialize($value));
    return rename("{$file}." . getmypid(), $file);
}

/** @SuppressWarnings(PHPMD.UnusedFormalParameter) */
function apply_filters(string $name, mixed $value): mixed
{
    return $value;
}

/** @SuppressWarnings(PHPMD.UnusedFormalParameter) */
function do_action(string $name): void
{
}

function wp_salt(string $scheme): string
{
    return "a salt for {$scheme}";
}
