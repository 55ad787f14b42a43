<?php

/**
 * Put among a site's mu-plugins: the front page uses one connection, `/?reads=PROVIDER`, whose class it asks for as
 * Data Machine's tools do. Says which it was, and for how many microseconds of the worker's plug-ins were loaded
 * and the connection was read.
 */

declare(strict_types=1);

(static function (): void {
    /** On a processor: what others do meanwhile is not counted. */
    $now = static function (): int {
        $used = getrusage();
        return ($used['ru_utime.tv_sec'] + $used['ru_stime.tv_sec']) * 1_000_000
            + $used['ru_utime.tv_usec'] + $used['ru_stime.tv_usec'];
    };
    $took = 0;
    add_action('muplugins_loaded', static function () use (&$took, $now): void {
        $took -= $now();
    }, PHP_INT_MAX);
    add_action('plugins_loaded', static function () use (&$took, $now): void {
        $took += $now();
    }, PHP_INT_MAX);
    add_action('wp_footer', static function () use (&$took, $now): void {
        // phpcs:ignore WordPress.Security.NonceVerification -- nothing is done.
        $slug = $_GET['reads'] ?? '';
        $took -= $now();
        $account = $slug === '' ? [] : apply_filters('datamachine_auth_providers', [])[$slug]->get_site_account();
        $took += $now();
        echo '<p class="bench">', hash('sha256', (string) json_encode($account)), " {$took}</p>";
    });
})();
