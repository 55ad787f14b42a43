<?php

/**
 * Deletes what the plugin made: only where nothing depends on it, or where the Connections page was told to destroy.
 *
 * phpcs:disable PSR1.Files.SideEffects
 */

declare(strict_types=1);

defined('WP_UNINSTALL_PLUGIN') || exit;

if (PHP_VERSION_ID >= 80200) {
    require_once __DIR__ . (is_dir(__DIR__ . '/php') ? '/php' : '/..') . '/autoload.php';
    \DataMachine\Connections\WordPress\Uninstallation::run();
} elseif (!in_array(get_site_option('datamachine_connections'), [false, []], true)) {
    wp_die('The site\'s connections are in the store of Data Machine Connections, which needs PHP 8.2 to be deleted.');
}
