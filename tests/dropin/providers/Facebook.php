<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Two tokens, and none of them is called access_token.
 */
class Facebook extends BaseOAuth2Provider
{
    use Renews;

    public function __construct()
    {
        parent::__construct('facebook');
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
        return !empty($account['user_access_token']) && !empty($account['page_access_token']) && time() <= $expiry;
    }

    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        $renewed = $this->exchange('fb_exchange_token', $current_token);
        if ($renewed instanceof \WP_Error) {
            return $renewed;
        }
        $account = $this->get_account();
        $account['user_access_token'] = $renewed['access_token'];
        $account['page_access_token'] = 'fake page token, new';
        $account['token_expires_at'] = $renewed['expires_at'];
        $account['last_refreshed_at'] = time();
        $this->save_account($account);
        $this->schedule_proactive_refresh();
        return $renewed;
    }
}
