<?php

// phpcs:disable Generic.Files.LineLength -- WordPress reads each of these from one line.

/**
 * Plugin Name:       Data Machine Connections
 * Description:       Keeps the accounts that Data Machine is connected to encrypted, one row each, and decides whether an agent may use one.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      8.2
 * Author:            Data Machine Connections contributors
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * Text Domain:       datamachine-connections
 * Network:           true
 *
 * On a network there is one store for all blogs, as there is one option today: so it is active on all of them.
 */

// phpcs:enable

// This file alone is also read by a PHP that is too old for the others.
declare(strict_types=1);

defined('ABSPATH') || exit;

// Two copies of the plugin: the first one is it.
if (class_exists('DataMachine\Connections\WordPress\Plugin', false)) {
    return;
}

if (PHP_VERSION_ID < 80200) {
    $tell = static function (): void {
        /* translators: %s: the version of PHP that runs. */
        // phpcs:ignore Generic.Files.LineLength -- what translators see is one text.
        $text = __('Data Machine Connections needs PHP 8.2, and this is %s. No connection is touched meanwhile.', 'datamachine-connections');
        echo '<div class="notice notice-error"><p>', esc_html(sprintf($text, PHP_VERSION)), '</p></div>';
    };
    add_action(is_multisite() ? 'network_admin_notices' : 'admin_notices', $tell);
    return;
}

// In the zip the package lies in here, in the repository around it.
require_once __DIR__ . (is_dir(__DIR__ . '/php') ? '/php' : '/..') . '/autoload.php';
require_once __DIR__ . '/functions.php';
\DataMachine\Connections\WordPress\Plugin::boot(__FILE__);
