<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

use DataMachine\Connections\Dropin\Standing;

// Upstream's names are kept.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Data Machine's base class of OAuth 1.0a providers, on the vault.
 *
 * App config: `api_key`, `api_secret`. Account: `access_token`, `access_token_secret`.
 */
abstract class BaseOAuth1Provider extends BaseAuthProvider
{
    /** @var OAuth1Handler|null upstream's, for the three-legged flow; untyped, as children may declare it anew */
    protected $oauth1;

    /**
     * @param string $provider_slug such as `twitter`
     */
    public function __construct(string $provider_slug)
    {
        parent::__construct($provider_slug);
        $this->oauth1 = class_exists(OAuth1Handler::class) ? new OAuth1Handler() : null;
    }

    /**
     * Whether the site's account can be used: one that is saved without its two tokens is pending. Nothing is
     * decrypted, unless a child has its own `get_account()`.
     */
    public function is_authenticated(): bool
    {
        if (!Standing::overrides($this, 'get_account', BaseAuthProvider::class)) {
            return Standing::connected($this->get_provider_slug());
        }
        return Standing::initial($this, $this->get_account()) === null;
    }

    /**
     * Where a person is sent to, to connect an account; '' where that is not possible.
     */
    abstract public function get_authorization_url(): string;

    /**
     * Ends the flow: the person is back, and the account is saved.
     *
     * @return mixed
     */
    abstract public function handle_oauth_callback();
}
