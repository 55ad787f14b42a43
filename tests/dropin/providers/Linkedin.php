<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseAuthProvider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * A token, and for some apps a refresh token.
 */
class Linkedin extends BaseAuthProvider
{
    public function __construct()
    {
        parent::__construct('linkedin');
    }

    public function get_config_fields(): array
    {
        return [
            'client_id' => ['label' => 'Client ID', 'type' => 'text', 'required' => true],
            'client_secret' => ['label' => 'Client Secret', 'type' => 'text', 'required' => true],
        ];
    }

    public function is_configured(): bool
    {
        $config = $this->get_config();
        return !empty($config['client_id']) && !empty($config['client_secret']);
    }

    public function is_authenticated(): bool
    {
        $account = $this->get_account();
        $expiry = $account['token_expires_at'] ?? PHP_INT_MAX;
        return !empty($account['access_token']) && time() <= $expiry;
    }
}
