<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * A token, and for some apps a refresh token.
 */
class Linkedin extends BaseOAuth2Provider
{
    use Renews;

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

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        $account = $this->get_account();
        if (empty($account['refresh_token'])) {
            return null;
        }
        $config = $this->get_config();
        $client = ['client_id' => $config['client_id'] ?? '', 'client_secret' => $config['client_secret'] ?? ''];
        $result = $this->spend($account['refresh_token'], more: $client);
        if (!$result['success']) {
            return new \WP_Error('linkedin_refresh_http_error', $result['error']);
        }
        $data = json_decode($result['data'], true);
        if (empty($data['access_token'])) {
            return new \WP_Error('linkedin_refresh_api_error', 'Failed to refresh', $data);
        }
        $expires = time() + (int) $data['expires_in'];
        $account['refresh_token'] = $data['refresh_token'] ?? $account['refresh_token'];
        $account['access_token'] = $data['access_token'];
        $account['token_expires_at'] = $expires;
        $account['last_refreshed_at'] = time();
        $this->save_account($account);
        return ['access_token' => $data['access_token'], 'expires_at' => $expires];
    }
}
