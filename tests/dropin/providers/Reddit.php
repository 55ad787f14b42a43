<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Short-lived tokens: without a refresh token it is not connected.
 */
class Reddit extends BaseOAuth2Provider
{
    use Renews;

    public function __construct()
    {
        parent::__construct('reddit');
    }

    public function get_config_fields(): array
    {
        return [
            'client_id' => ['label' => 'Client ID', 'type' => 'text', 'required' => true],
            'client_secret' => ['label' => 'Client Secret', 'type' => 'text', 'required' => true],
            'developer_username' => ['label' => 'Developer Username', 'type' => 'text', 'required' => true],
        ];
    }

    public function is_configured(): bool
    {
        $config = $this->get_config();
        return !empty($config['client_id']) && !empty($config['client_secret']);
    }

    public function is_authenticated(): bool
    {
        return !empty($this->get_account()['refresh_token']) && parent::is_authenticated();
    }

    protected function get_refresh_buffer_seconds(): int
    {
        return 300;
    }

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        $account = $this->get_account();
        if (empty($account['refresh_token'])) {
            return new \WP_Error('reddit_refresh_no_token', 'No refresh token available');
        }
        $result = $this->spend($account['refresh_token'], $this->basic());
        if (!$result['success']) {
            return $this->failed($result);
        }
        $data = json_decode($result['data'], true);
        if (empty($data['access_token'])) {
            return new \WP_Error('reddit_refresh_no_access_token', 'No access token in the answer');
        }
        if (!empty($data['refresh_token']) && $data['refresh_token'] !== $account['refresh_token']) {
            $account['refresh_token'] = $data['refresh_token'];
            $account['scope'] = $data['scope'] ?? $account['scope'] ?? '';
            $this->save_account($account);
        }
        return ['access_token' => $data['access_token'], 'expires_at' => time() + (int) ($data['expires_in'] ?? 3600)];
    }
}
