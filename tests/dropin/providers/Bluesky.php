<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseAuthProvider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Handle and app password in the app config; no account.
 */
class Bluesky extends BaseAuthProvider
{
    public function __construct()
    {
        parent::__construct('bluesky');
    }

    public function get_config_fields(): array
    {
        return [
            'username' => ['label' => 'Handle', 'type' => 'text', 'required' => true],
            'app_password' => ['label' => 'App Password', 'type' => 'password', 'required' => true],
        ];
    }

    public function is_authenticated(): bool
    {
        $config = $this->get_config();
        return !empty($config['username']) && !empty($config['app_password']);
    }

    public function get_username(): ?string
    {
        return $this->get_config()['username'] ?? null;
    }
}
