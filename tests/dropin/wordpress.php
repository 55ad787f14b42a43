<?php

/**
 * Loads the WordPress that scripts/wordpress.sh made: what wp-config.php and wp-load.php do, from within a function.
 */

declare(strict_types=1);

// phpcs:disable PSR1.Files.SideEffects

namespace DataMachine\Connections\Tests\Dropin;

use PHPUnit\Util\ErrorHandler;

/** As wp-config.php defines it. */
(static function (): void {
    $kind = getenv('DM_WORDPRESS');
    $directory = getenv('DM_WORDPRESS_DIRECTORY');
    if ($directory === false || !is_dir($directory)) {
        throw new \RuntimeException('A real WordPress is there below scripts/wordpress.sh only.');
    }
    $constants = [
        'ABSPATH' => '/usr/share/wordpress/',
        'WP_CONTENT_DIR' => "{$directory}/content",
        'DB_NAME' => 'wordpress',
        'DB_USER' => 'root',
        'DB_PASSWORD' => '',
        'DB_HOST' => "localhost:{$directory}/mariadb.sock",
        'DB_CHARSET' => 'utf8mb4',
        'DB_COLLATE' => '',
        'WP_SITEURL' => 'http://example.org',
        'WP_HOME' => 'http://example.org',
        // Tests and figures are of what they call, not of what happens to be due.
        'DISABLE_WP_CRON' => true,
        'AUTOMATIC_UPDATER_DISABLED' => true,
        'WP_HTTP_BLOCK_EXTERNAL' => true,
    ];
    // Together what `wp_salt('auth')` gives: the salt of the fixtures' envelopes.
    $salt = str_split(rtrim((string) file_get_contents(__DIR__ . '/../fixtures/SALT.txt'), "\n"), 32);
    $constants['AUTH_KEY'] = array_shift($salt);
    $constants['AUTH_SALT'] = implode('', $salt);
    foreach (['SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $scheme) {
        $constants["{$scheme}_KEY"] = "the key of {$scheme}, nobody's secret";
        $constants["{$scheme}_SALT"] = "the salt of {$scheme}, nobody's secret";
    }
    // Before its installation there is no network to be found.
    if ($kind === 'network' && !defined('WP_INSTALLING')) {
        $constants += [
            'MULTISITE' => true,
            'SUBDOMAIN_INSTALL' => false,
            'DOMAIN_CURRENT_SITE' => 'example.org',
            'PATH_CURRENT_SITE' => '/',
            'SITE_ID_CURRENT_SITE' => 1,
            'BLOG_ID_CURRENT_SITE' => 1,
        ];
    }
    foreach ($constants as $name => $value) {
        define($name, $value);
    }
    $_SERVER = [
        'HTTP_HOST' => 'example.org',
        'SERVER_NAME' => 'example.org',
        'SERVER_PROTOCOL' => 'HTTP/1.1',
        'REQUEST_METHOD' => 'GET',
        'REQUEST_URI' => '/',
        'PHP_SELF' => '/index.php',
    ] + $_SERVER;
})();

/**
 * WordPress 6.1 is older than PHP 8.2, which finds something deprecated on every page of it. What is wrong elsewhere is
 * a failure as without WordPress.
 */
(static function (): void {
    $phpunit = class_exists(ErrorHandler::class) ? new ErrorHandler(true, true, true, true) : null;
    set_error_handler(static function (int $level, string $text, string $file, int $line) use ($phpunit): bool {
        $deprecated = ($level & (E_DEPRECATED | E_USER_DEPRECATED)) !== 0;
        if ($deprecated && str_starts_with($file, ABSPATH)) {
            return true;
        }
        return $phpunit !== null && $phpunit($level, $text, $file, $line);
    });
})();

/** In a function, since PHPUnit loads its bootstrap in one: what WordPress takes for global has to be said to be. */
(static function (): void {
    global $table_prefix, $wpdb, $wp, $wp_query, $wp_rewrite, $wp_roles, $wp_filter, $wp_actions, $wp_version;
    global $current_site, $current_blog, $site_id, $blog_id, $domain, $path, $public, $shortcode_tags, $locale;
    $reporting = error_reporting();
    $table_prefix = 'wp_';
    require ABSPATH . 'wp-settings.php';
    error_reporting($reporting);
})();

add_filter('pre_wp_mail', '__return_true');
add_filter('pre_http_request', static fn () => new \WP_Error('no_network', 'There is no network in tests.'));
