<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Plays Data Machine's class of 0.175.11 with sentences of our own. A filter lists its password as a secret.
 */
final class HttpBasicAuthProvider extends BaseAuthProvider
{
    public const PROVIDER_SLUG = 'http_basic';

    public function __construct()
    {
        parent::__construct(self::PROVIDER_SLUG);
    }

    public function get_config_fields(): array
    {
        return [
            'account' => ['label' => 'Account', 'type' => 'text', 'required' => true],
            'username' => ['label' => 'User name', 'type' => 'text', 'required' => true],
            'password' => ['label' => 'Password', 'type' => 'password', 'required' => true],
            'proxy_url' => ['label' => 'Proxy', 'type' => 'url', 'required' => false],
        ];
    }

    public function is_authenticated(): bool
    {
        $config = $this->get_config();
        return !empty($config['account']) && !empty($config['username']) && !empty($config['password']);
    }

    public function resolve_auth_ref(
        string $account,
        string $handler_slug = '',
        array $context = [],
    ): array|\WP_Error {
        $config = $this->get_config();
        if (!$this->is_authenticated() || (string) $config['account'] !== $account) {
            return new \WP_Error('auth_ref_unresolved', "http_basic:{$account} stands for nothing here.");
        }
        $auth = ['type' => 'basic', 'username' => $config['username'], 'password' => $config['password']];
        return ['auth' => $auth] + array_filter(['proxy_url' => $config['proxy_url'] ?? '']);
    }
}
