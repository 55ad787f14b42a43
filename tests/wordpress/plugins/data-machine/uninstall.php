<?php

/**
 * What Data Machine deletes of its option: each blog's own, then the network's; on one site by delete_option() alone.
 */

declare(strict_types=1);

if (!defined('WP_UNINSTALL_PLUGIN')) {
    exit;
}

if (!is_multisite()) {
    delete_option('datamachine_auth_data');
    return;
}
foreach (get_sites(['fields' => 'ids']) as $blog) {
    switch_to_blog((int) $blog);
    delete_option('datamachine_auth_data');
    restore_current_blog();
}
delete_site_option('datamachine_auth_data');
