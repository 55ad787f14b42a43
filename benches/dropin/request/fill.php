<?php

/**
 * Puts an old option where both sides read it from: the option itself, and what is imported of it. Answers the account
 * that both sides have then.
 */

declare(strict_types=1);

use DataMachine\Connections\Benches\SerializedOption;
use DataMachine\Connections\Vault;

require __DIR__ . '/boot.php';

$providers = array_map(static fn (Closure $make) => $make(), $provider);
$serialized = (string) file_get_contents($arguments['option']);
delete_site_option(SerializedOption::OPTION);
update_site_option(SerializedOption::OPTION, unserialize($serialized, ['allowed_classes' => false]));
Vault::open($options)->importLegacy($serialized, [wp_salt('auth')]);

// Nothing is to be renewed. Where nobody else has one, one user does.
$site = ['token_expires_at' => time() + 30 * 86_400] + $providers['today']->siteAccount();
$providers['today']->saveSiteAccount($site);
$providers['ours']->save_site_account($site);
if ($providers['today']->accountForUser($arguments['user']) === null) {
    $providers['today']->saveAccountForUser($arguments['user'], $site);
    $providers['ours']->save_account_for_user($arguments['user'], $site);
}
foreach (['site', 'user', 'token'] as $what) {
    [$ours, $today] = [$call['ours'][$what]($providers['ours']), $call['today'][$what]($providers['today'])];
    if ($ours !== $today || $ours === null) {
        throw new RuntimeException("The two sides do not read the same account ({$what}).");
    }
}
echo json_encode(['account' => $site, 'bytes' => strlen($serialized)]);
