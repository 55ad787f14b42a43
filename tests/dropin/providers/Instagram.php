<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseAuthProvider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * One long-lived token, no refresh token.
 */
class Instagram extends BaseAuthProvider
{
    public function __construct()
    {
        parent::__construct('instagram');
    }

    public function get_config_fields(): array
    {
        return [
            'app_id' => ['label' => 'App ID', 'type' => 'text', 'required' => true],
            'app_secret' => ['label' => 'App Secret', 'type' => 'text', 'required' => true],
        ];
    }

    public function is_configured(): bool
    {
        $config = $this->get_config();
        return !empty($config['app_id']) && !empty($config['app_secret']);
    }

    public function is_authenticated(): bool
    {
        $account = $this->get_account();
        $expiry = $account['token_expires_at'] ?? PHP_INT_MAX;
        return !empty($account['access_token']) && time() <= $expiry;
    }
}
