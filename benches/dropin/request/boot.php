<?php

/**
 * How each measured request begins: with WordPress, and with neither side's classes. `$arguments` says which database
 * and store.
 */

declare(strict_types=1);

use DataMachine\Connections\Benches\SerializedOption;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Tests\Dropin\Providers\Reddit;
use DataMachine\Connections\Vault;

foreach ($arguments['environment'] as $name => $value) {
    putenv("{$name}={$value}");
}
require_once __DIR__ . '/../../../tests/dropin/wordpress.php';

$options = ['path' => $arguments['store'], 'site' => home_url()];

/** The provider of either side, from the first class to be loaded on. */
$provider = [
    'ours' => static function () use ($options): Reddit {
        require_once __DIR__ . '/../../../php/dropin/BaseAuthProvider.php';
        require_once __DIR__ . '/../../../php/dropin/BaseOAuth2Provider.php';
        require_once __DIR__ . '/../../../tests/dropin/providers/Renews.php';
        require_once __DIR__ . '/../../../tests/dropin/providers/Reddit.php';
        Runtime::configure(static fn (): Vault => Vault::open($options));
        return new Reddit();
    },
    'today' => static function (): SerializedOption {
        require_once __DIR__ . '/../SerializedOption.php';
        return new SerializedOption('reddit');
    },
];

/** What is called on either. */
$call = [
    'ours' => [
        'site' => static fn (Reddit $provider) => $provider->get_site_account(),
        'token' => static fn (Reddit $provider) => $provider->get_valid_access_token(),
        'user' => static fn (Reddit $provider) => $provider->get_account_for_user($arguments['user']),
        'save' => static fn (Reddit $provider) => $provider->save_site_account($arguments['account']),
    ],
    'today' => [
        'site' => static fn (SerializedOption $provider) => $provider->siteAccount(),
        // That there is time left is looked at by both.
        'token' => static function (SerializedOption $provider): ?string {
            $account = $provider->siteAccount();
            return $account['token_expires_at'] - time() > 300 ? $account['access_token'] : null;
        },
        'user' => static fn (SerializedOption $provider) => $provider->accountForUser($arguments['user']),
        'save' => static fn (SerializedOption $provider) => $provider->saveSiteAccount($arguments['account']),
    ],
];
