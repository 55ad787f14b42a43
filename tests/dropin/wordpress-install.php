<?php

/**
 * Fills the empty database of scripts/wordpress.sh, once its server answers.
 */

declare(strict_types=1);

const WP_INSTALLING = true;
const SECONDS = 30;

$connect = static function (string $socket): mysqli {
    for ($until = microtime(true) + SECONDS; true; usleep(20_000)) {
        try {
            return new mysqli('localhost', 'root', '', '', 0, $socket);
        } catch (mysqli_sql_exception $refused) {
            if (microtime(true) > $until) {
                throw $refused;
            }
        }
    }
};
$connect(getenv('DM_WORDPRESS_DIRECTORY') . '/mariadb.sock')->query('CREATE DATABASE wordpress');

require __DIR__ . '/wordpress.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

$name = 'Tests';
$address = 'tests@example.org';
wp_install($name, 'admin', $address, true, '', bin2hex(random_bytes(16)));

if (getenv('DM_WORDPRESS') === 'network') {
    // Its tables are only named once it is a network.
    foreach ($wpdb->tables('ms_global') as $table => $prefixed) {
        $wpdb->$table = $prefixed;
    }
    install_network();
    $result = populate_network(1, 'example.org', $address, $name, '/', false);
    if (is_wp_error($result) && $result->get_error_code() !== 'no_wildcard_dns') {
        throw new RuntimeException($result->get_error_message());
    }
}

// Two people who are not the administrator; tests name them by their ids.
foreach ([12 => 'ada', 13 => 'bob'] as $id => $name) {
    $wpdb->insert($wpdb->users, ['ID' => $id, 'user_login' => $name, 'user_nicename' => $name]);
}
