<?php

/**
 * What of WordPress the tests here need, which run without it.
 *
 * phpcs:disable PSR1.Files.SideEffects
 */

declare(strict_types=1);

defined('WP_CONTENT_DIR') || define('WP_CONTENT_DIR', sys_get_temp_dir());

function __(string $text): string
{
    return $text;
}
