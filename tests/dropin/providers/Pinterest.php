<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin\Providers;

use DataMachine\Core\OAuth\BaseOAuth2Provider;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Without a refresh token it is not connected.
 */
class Pinterest extends BaseOAuth2Provider
{
    use Renews;

    public function __construct()
    {
        parent::__construct('pinterest');
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
        return !empty($this->get_account()['refresh_token']) && parent::is_authenticated();
    }

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    protected function do_refresh_token(#[\SensitiveParameter] string $current_token): array|\WP_Error|null
    {
        $account = $this->get_account();
        if (empty($account['refresh_token'])) {
            return new \WP_Error('pinterest_refresh_no_token', 'No refresh token stored');
        }
        $result = $this->spend($account['refresh_token'], $this->basic());
        if (!$result['success']) {
            return $this->failed($result);
        }
        $data = json_decode($result['data'], true);
        if (empty($data['access_token'])) {
            $more = ['response' => $result['data']];
            return new \WP_Error('pinterest_refresh_no_access_token', 'No access token in the answer', $more);
        }
        // Of a rotated one only itself, by the other door.
        $this->update_account(array_filter(['refresh_token' => $data['refresh_token'] ?? null]));
        return ['access_token' => $data['access_token'], 'expires_at' => time() + (int) $data['expires_in']];
    }
}
