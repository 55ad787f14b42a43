<?php

/**
 * Plugin Name: Data Machine (played)
 * Description: Stands for Data Machine 0.175.11 in the tests of Data Machine Connections: what it does with its option.
 * Version: 0.175.11
 * Requires PHP: 8.2
 */

declare(strict_types=1);

namespace DataMachine;

const PROVIDERS = [
    'bluesky' => 'Bluesky',
    'facebook' => 'Facebook',
    'instagram' => 'Instagram',
    'linkedin' => 'Linkedin',
    'pinterest' => 'Pinterest',
    'reddit' => 'Reddit',
    'threads' => 'Threads',
    'twitter' => 'Twitter',
];

// As Composer's loader does, which puts itself first. Nothing is loaded by it before `plugins_loaded`.
spl_autoload_register(static function (string $class): void {
    $places = [
        'DataMachine\\Connections\\Tests\\Dropin\\' => 'played',
        'DataMachine\\Connections\\Tests\\' => 'played',
        'DataMachine\\' => 'inc',
    ];
    foreach ($places as $prefix => $directory) {
        $name = strtr(substr($class, strlen($prefix)), ['Providers\\' => 'providers/', '\\' => '/']);
        $file = __DIR__ . "/{$directory}/{$name}.php";
        if (str_starts_with($class, $prefix) && is_file($file)) {
            require $file;
            return;
        }
    }
}, true, true);

add_action('plugins_loaded', static function (): void {
    require_once __DIR__ . '/played/datamachine.php';

    add_filter('datamachine_auth_providers', static function (array $providers): array {
        $providers['http_basic'] ??= new Core\OAuth\HttpBasicAuthProvider();
        // Not on pages of the front end.
        $rest = defined('REST_REQUEST') && REST_REQUEST;
        if (is_admin() || wp_doing_cron() || $rest || defined('WP_CLI')) {
            $providers['email_imap'] ??= new Core\Steps\Fetch\Handlers\Email\EmailAuth();
        }
        // As data-machine-socials and others do.
        foreach (PROVIDERS as $slug => $class) {
            $class = "DataMachine\\Connections\\Tests\\Dropin\\Providers\\{$class}";
            $providers[$slug] ??= new $class();
        }
        return $providers;
    });
    add_filter('datamachine_auth_encrypted_fields', static function (array $fields, string $slug): array {
        return $slug === 'http_basic' ? [...$fields, 'password'] : $fields;
    }, 10, 2);
    // A cron event finds its provider.
    if (wp_doing_cron()) {
        add_action('init', static fn () => apply_filters('datamachine_auth_providers', []));
    }
}, 20);
