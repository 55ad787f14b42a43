<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth1Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * OAuth 1.0a: the base class says when it is connected.
 */
class Twitter extends BaseOAuth1Provider
{
    public function __construct()
    {
        parent::__construct('twitter');
    }

    public function get_config_fields(): array
    {
        return [
            'api_key' => ['label' => 'API Key', 'type' => 'text', 'required' => true],
            'api_secret' => ['label' => 'API Secret', 'type' => 'text', 'required' => true],
        ];
    }

    public function get_authorization_url(): string
    {
        return '';
    }

    public function handle_oauth_callback()
    {
        return null;
    }
}
