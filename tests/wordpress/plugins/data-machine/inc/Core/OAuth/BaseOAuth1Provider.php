<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Plays Data Machine's class of 0.175.11 with sentences of our own.
 */
abstract class BaseOAuth1Provider extends BaseAuthProvider
{
    protected $oauth1;

    public function __construct(string $provider_slug)
    {
        parent::__construct($provider_slug);
        $this->oauth1 = new OAuth1Handler();
    }

    public function is_configured(): bool
    {
        $config = $this->get_config();
        return !empty($config['api_key']) && !empty($config['api_secret']);
    }

    public function is_authenticated(): bool
    {
        $account = $this->get_account();
        return !empty($account['access_token']) && !empty($account['access_token_secret']);
    }

    abstract public function get_authorization_url(): string;

    abstract public function handle_oauth_callback();
}
