<?php

/**
 * Put among a site's mu-plugins: the front page uses one connection, `/?reads=PROVIDER`, whose class it asks for as
 * Data Machine's tools do. Says which it was, and how many nanoseconds it took to load plug-ins and to read it.
 */

declare(strict_types=1);

(static function (): void {
    $took = 0;
    $began = 0;
    add_action('muplugins_loaded', static function () use (&$began): void {
        $began = hrtime(true);
    }, PHP_INT_MAX);
    add_action('plugins_loaded', static function () use (&$began, &$took): void {
        $took = hrtime(true) - $began;
    }, PHP_INT_MAX);
    add_action('wp_footer', static function () use (&$took): void {
        // phpcs:ignore WordPress.Security.NonceVerification -- nothing is done.
        $slug = $_GET['reads'] ?? '';
        $began = hrtime(true);
        $account = $slug === '' ? [] : apply_filters('datamachine_auth_providers', [])[$slug]->get_site_account();
        $took += hrtime(true) - $began;
        echo '<p class="bench">', hash('sha256', (string) json_encode($account)), " {$took}</p>";
    });
})();
