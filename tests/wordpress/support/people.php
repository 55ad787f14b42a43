<?php

/**
 * Ends what tests/dropin/wordpress-install.php began: people who can log in, a theme, and a network's second site.
 */

declare(strict_types=1);

require __DIR__ . '/../../dropin/wordpress.php';

$setUp = static function (): void {
    update_option('template', 'tests');
    update_option('stylesheet', 'tests');
    $GLOBALS['wp_rewrite']->init();
    $GLOBALS['wp_rewrite']->set_permalink_structure('/%postname%/');
    $GLOBALS['wp_rewrite']->flush_rules(false);
};
$setUp();
foreach ([1 => 'administrator', 12 => 'editor', 13 => 'author'] as $person => $role) {
    wp_set_password((string) getenv('DM_WORDPRESS_PASSWORD'), $person);
    (new WP_User($person))->set_role($role);
}
if (is_multisite()) {
    update_site_option('allowedthemes', ['tests' => true]);
    $second = ['domain' => 'example.org', 'path' => '/second/', 'title' => 'Second', 'user_id' => 1];
    $second = wp_insert_site($second);
    if (is_wp_error($second)) {
        throw new RuntimeException($second->get_error_message());
    }
    remove_user_from_blog(13, 1);
    add_user_to_blog($second, 13, 'author');
    switch_to_blog($second);
    $setUp();
}
