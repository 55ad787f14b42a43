<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

// Upstream's names are kept.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * User name and password for HTTP Basic authentication, kept in the site's app config; referred to as
 * `http_basic:ACCOUNT`.
 */
final class HttpBasicAuthProvider extends BaseAuthProvider
{
    public const PROVIDER_SLUG = 'http_basic';

    public function __construct()
    {
        parent::__construct(self::PROVIDER_SLUG);
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    public function get_config_fields(): array
    {
        return [
            'account' => [
                'label' => __('Account', 'data-machine'),
                'type' => 'text',
                'required' => true,
                'description' => __('The name that references use for it, such as logstash.', 'data-machine'),
            ],
            'username' => ['label' => __('Username', 'data-machine'), 'type' => 'text', 'required' => true],
            'password' => ['label' => __('Password', 'data-machine'), 'type' => 'password', 'required' => true],
            'proxy_url' => [
                'label' => __('Proxy URL', 'data-machine'),
                'type' => 'url',
                'required' => false,
                'description' => __('A proxy for these requests, where one is needed.', 'data-machine'),
            ],
        ];
    }

    /**
     * Whether the app config can be used: one that is saved without account, user name or password is pending. Nothing
     * is decrypted.
     */
    public function is_authenticated(): bool
    {
        return $this->is_configured();
    }

    /**
     * @param array<string, mixed> $context
     *
     * @return array{auth: array{type: string, username: string, password: string}, proxy_url?: string}|\WP_Error
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function resolve_auth_ref(
        string $account,
        string $handler_slug = '',
        array $context = [],
    ): array|\WP_Error {
        $config = array_map(strval(...), array_filter($this->get_config(), is_scalar(...)));
        if (($config['account'] ?? '') !== $account || empty($config['username']) || empty($config['password'])) {
            $message = __('There is no HTTP Basic credential for the reference "%s".', 'data-machine');
            return new \WP_Error('auth_ref_unresolved', sprintf($message, $account));
        }
        $auth = ['type' => 'basic', 'username' => $config['username'], 'password' => $config['password']];
        return ['auth' => $auth] + (empty($config['proxy_url']) ? [] : ['proxy_url' => $config['proxy_url']]);
    }
}
