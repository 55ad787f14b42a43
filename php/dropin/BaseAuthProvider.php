<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

use DataMachine\Connections\Dropin\Envelopes;
use DataMachine\Connections\Dropin\Failures;
use DataMachine\Connections\Dropin\Principals;
use DataMachine\Connections\Dropin\Redaction;
use DataMachine\Connections\Dropin\Standing;
use DataMachine\Connections\Dropin\Storage;
use DataMachine\Connections\Dropin\StoredAccounts;
use DataMachine\Connections\Dropin\WordPress;
use DataMachine\Connections\SaveOptions;

// Upstream's names are kept, and its children's overrides have to go on compiling.
// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Data Machine's base class of all providers, with the vault in place of the option `datamachine_auth_data`.
 *
 * It has upstream's whole public and protected surface. Nothing is thrown: callers get null, [] or false as they
 * expect, and the reason is in `get_last_error()` and, once per request, in the log. What differs from upstream is
 * listed in docs/dropin.md.
 *
 * The site's account and app config belong to the vault's owner `site:0`, a user's to `user:N`, an agent's to
 * `agent:N`.
 *
 * Accounts, patches and app configs are arrays with a provider's own members. Further methods would get in the way of
 * upstream's later ones and of children's: all else is in `DataMachine\Connections\Dropin`, or private.
 */
abstract class BaseAuthProvider
{
    use StoredAccounts;

    public const AUTH_SCOPE_SITE = 'site';
    public const AUTH_SCOPE_USER = 'user';
    public const AUTH_SCOPE_AGENT = 'agent';
    /** The acting agent, or else the acting user. */
    public const AUTH_SCOPE_PRINCIPAL = 'principal';

    /** How an envelope of the old option begins. (No other class's constant: PHP would copy all of each child's.) */
    public const ENCRYPTION_PREFIX = 'dm:enc:v1:';
    /** The envelope's cipher. */
    public const CIPHER_ALGO = 'aes-256-gcm';
    /** The length of the envelope's tag, in bytes. */
    public const AUTH_TAG_LENGTH = 16;
    /** The members that `encrypt_fields()` seals, beside what the filter `datamachine_auth_encrypted_fields` adds. */
    public const ENCRYPTED_FIELDS = [
        'access_token',
        'refresh_token',
        'oauth_token',
        'oauth_token_secret',
        'app_secret',
        'client_secret',
        'consumer_secret',
        'api_secret',
        'webhook_secret',
    ];

    /** @var string the provider's slug, such as `reddit`; untyped, as children may declare it anew */
    protected $provider_slug;

    /**
     * @param string $provider_slug such as `reddit`
     */
    public function __construct(string $provider_slug)
    {
        $this->provider_slug = $provider_slug;
    }

    /**
     * The fields of the provider's settings form, by name.
     *
     * @return array<string, array<string, mixed>>
     */
    abstract public function get_config_fields(): array;

    /**
     * Whether the site's account can be used.
     */
    abstract public function is_authenticated(): bool;

    /**
     * The provider's slug.
     */
    public function get_provider_slug(): string
    {
        return (string) $this->provider_slug;
    }

    /**
     * Why the last call failed, for a person; null where it did not. (Not upstream's.)
     */
    public function get_last_error(): ?string
    {
        return Failures::last($this->get_provider_slug());
    }

    /**
     * The reference (`provider:account`) that a handler's settings can be replaced with in a bundle; null for none.
     *
     * @param array<string, mixed> $handler_config
     * @param array<string, mixed> $context
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function get_auth_ref_for_config(
        #[\SensitiveParameter] array $handler_config,
        string $handler_slug = '',
        array $context = [],
    ): ?string {
        return null;
    }

    /**
     * The settings that a reference stands for; an error where it stands for none here.
     *
     * @param array<string, mixed> $context
     *
     * @return array<string, mixed>|\WP_Error
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function resolve_auth_ref(
        string $account,
        string $handler_slug = '',
        array $context = [],
    ): array|\WP_Error {
        $message = __('%1$s has no connection on this site that the reference "%2$s" could stand for.', 'data-machine');
        return new \WP_Error('auth_ref_unresolved', sprintf($message, $this->get_provider_slug(), $account));
    }

    /**
     * A handler's settings without the members that hold secrets, and without user name and password in URLs.
     *
     * @param array<array-key, mixed> $handler_config
     *
     * @return array<array-key, mixed>
     */
    public function strip_auth_config_secrets(#[\SensitiveParameter] array $handler_config): array
    {
        $fields = $this->get_encrypted_fields();
        $kept = [];
        foreach ($handler_config as $name => $value) {
            if (Redaction::isSecret($name, $fields) || Envelopes::is($value)) {
                continue;
            }
            // Through the method, since a child may know more of its secrets.
            $value = is_array($value) ? $this->strip_auth_config_secrets($value) : $value;
            $kept[$name] = is_string($value) ? Redaction::withoutUserinfo($value) : $value;
        }
        return $kept;
    }

    /**
     * Whether there is an app config that can be used: one that is saved without what it needs is pending. Nothing is
     * decrypted, unless a child has its own `get_config()`.
     */
    public function is_configured(): bool
    {
        if (Standing::overrides($this, 'get_config', self::class)) {
            $config = $this->get_config();
            return $config !== [] && Standing::initial($this, $config, Standing::CONFIG) === null;
        }
        $slug = $this->get_provider_slug();
        $scope = $this->get_principal_scope([], 'config');
        $scoped = $scope === null ? null : Standing::configured($slug, $scope);
        return $scoped ?? Standing::configured($slug) ?? false;
    }

    /**
     * Where the provider sends people back to. Filter: `datamachine_oauth_callback_url` (URL, slug).
     */
    public function get_callback_url(): string
    {
        $url = site_url("/datamachine-auth/{$this->get_provider_slug()}/");
        $filtered = WordPress::filter('datamachine_oauth_callback_url', $url, $this->get_provider_slug());
        return is_string($filtered) ? $filtered : $url;
    }

    /**
     * The app config of whom the policy finds, or else the site's; empty where neither is.
     *
     * @param array<string, mixed> $context `agent_id`, `user_id`
     *
     * @return array<string, mixed>
     */
    public function get_config(array $context = []): array
    {
        $slug = $this->get_provider_slug();
        $scope = Storage::renewalBy($this)?->place()[0] ?? $this->get_principal_scope($context, 'config');
        $config = $scope === null ? null : Storage::config($slug, $scope);
        return $this->handedOut($config === null ? Storage::config($slug, Principals::SITE) : $config) ?? [];
    }

    /**
     * Writes the whole app config of whom the policy finds, or else the site's.
     *
     * @param array<string, mixed> $context `agent_id`, `user_id`
     */
    public function save_config(#[\SensitiveParameter] array $data, array $context = []): bool
    {
        $owner = $this->get_principal_scope($context, 'config') ?? Principals::SITE;
        return $this->writeConfig($owner, $data);
    }

    /**
     * What the provider calls the site's account, where it says so.
     */
    public function get_username(): ?string
    {
        $username = $this->get_account()['username'] ?? null;
        return is_scalar($username) && !empty($username) ? (string) $username : null;
    }

    /**
     * The site's account for REST and screens: a marker stands in place of every text that may be a secret.
     *
     * @return array<string, mixed>|null
     */
    public function get_account_details(): ?array
    {
        return Redaction::details($this->get_account());
    }

    /**
     * Whose credential is meant by the policy; null for the site's.
     *
     * @param array<string, mixed> $context         `agent_id`, `user_id`
     * @param string               $credential_type `account` or `config`
     */
    protected function get_principal_scope(array $context = [], string $credential_type = 'account'): ?string
    {
        $policy = $this->get_auth_scope_policy($credential_type, $context);
        return $policy === self::AUTH_SCOPE_SITE ? null : Principals::acting($policy, $context);
    }

    /**
     * Whose credentials this provider uses: `site`, `user`, `agent` or `principal`. Filter:
     * `datamachine_auth_scope_policy` (`site`, slug, credential type, context, this).
     *
     * @param array<string, mixed> $context
     */
    protected function get_auth_scope_policy(string $credential_type = 'account', array $context = []): string
    {
        $policy = WordPress::filter(
            'datamachine_auth_scope_policy',
            self::AUTH_SCOPE_SITE,
            $this->provider_slug,
            $credential_type,
            $context,
            $this
        );
        $known = [self::AUTH_SCOPE_SITE, self::AUTH_SCOPE_USER, self::AUTH_SCOPE_AGENT, self::AUTH_SCOPE_PRINCIPAL];
        return in_array($policy, $known, true) ? $policy : self::AUTH_SCOPE_SITE;
    }

    /**
     * The members that are sealed in an envelope. Filter: `datamachine_auth_encrypted_fields` (names, slug).
     *
     * @return array<array-key, mixed>
     */
    protected function get_encrypted_fields(): array
    {
        $fields = WordPress::filter('datamachine_auth_encrypted_fields', self::ENCRYPTED_FIELDS, $this->provider_slug);
        return is_array($fields) ? $fields : self::ENCRYPTED_FIELDS;
    }

    /**
     * Seals members in today's envelope, for children that store something themselves. (What goes into the vault is
     * sealed there, all of it.) A member that cannot be sealed is left out: it never goes on as plain text.
     *
     * @param array<string, mixed> $data
     *
     * @return array<string, mixed>
     */
    protected function encrypt_fields(#[\SensitiveParameter] array $data): array
    {
        return Envelopes::seal($this->get_provider_slug(), $data, $this->get_encrypted_fields());
    }

    /**
     * Opens members that are in today's envelope. One that does not open is left out: an envelope is no token.
     *
     * @param array<string, mixed> $data
     *
     * @return array<string, mixed>
     */
    protected function decrypt_fields(#[\SensitiveParameter] array $data): array
    {
        if (!Envelopes::in($data)) {
            return $data;
        }
        return Envelopes::open($this->get_provider_slug(), $data, $this->get_encrypted_fields());
    }

    /**
     * @param array<string, mixed> $config
     */
    private function writeConfig(string $owner, #[\SensitiveParameter] array $config): bool
    {
        $config = $this->opened($config);
        if ($config === null) {
            return false;
        }
        $options = new SaveOptions(status: Standing::initial($this, $config, Standing::CONFIG));
        return Storage::saveConfig($this->get_provider_slug(), $owner, $config, $options);
    }
}
