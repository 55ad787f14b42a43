<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * One long-lived token, no refresh token.
 */
class Threads extends BaseOAuth2Provider
{
    use Renews;

    public function __construct()
    {
        parent::__construct('threads');
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

    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        return $this->exchange('th_refresh_token', $current_token);
    }
}
