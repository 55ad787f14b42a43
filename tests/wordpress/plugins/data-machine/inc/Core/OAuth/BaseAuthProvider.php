<?php

declare(strict_types=1);

namespace DataMachine\Core\OAuth;

use DataMachine\Abilities\PermissionHelper;

// phpcs:disable PSR1.Methods.CamelCapsMethodName

/**
 * Plays Data Machine's class of 0.175.11 with sentences of our own: surface and answers are its, faults included.
 * Everything is in one option, read and written whole.
 *
 * @SuppressWarnings(PHPMD.UnusedFormalParameter)
 */
abstract class BaseAuthProvider
{
    public const AUTH_SCOPE_SITE = 'site';
    public const AUTH_SCOPE_USER = 'user';
    public const AUTH_SCOPE_AGENT = 'agent';
    public const AUTH_SCOPE_PRINCIPAL = 'principal';

    public const ENCRYPTION_PREFIX = 'dm:enc:v1:';
    public const CIPHER_ALGO = 'aes-256-gcm';
    public const AUTH_TAG_LENGTH = 16;
    public const ENCRYPTED_FIELDS = [
        'access_token', 'refresh_token', 'oauth_token', 'oauth_token_secret', 'app_secret', 'client_secret',
        'consumer_secret', 'api_secret', 'webhook_secret',
    ];

    private const OPTION = 'datamachine_auth_data';

    protected $provider_slug;

    public function __construct(string $provider_slug)
    {
        $this->provider_slug = $provider_slug;
    }

    abstract public function get_config_fields(): array;

    abstract public function is_authenticated(): bool;

    public function get_provider_slug(): string
    {
        return $this->provider_slug;
    }

    public function get_auth_ref_for_config(
        array $handler_config,
        string $handler_slug = '',
        array $context = [],
    ): ?string {
        return null;
    }

    public function resolve_auth_ref(
        string $account,
        string $handler_slug = '',
        array $context = [],
    ): array|\WP_Error {
        return new \WP_Error('auth_ref_unresolved', "{$this->provider_slug}:{$account} stands for nothing here.");
    }

    public function strip_auth_config_secrets(array $handler_config): array
    {
        $kept = [];
        foreach ($handler_config as $name => $value) {
            $listed = in_array((string) $name, $this->get_encrypted_fields(), true);
            if (!$listed && preg_match('/secret|token|password|credential|key/i', (string) $name) !== 1) {
                $kept[$name] = is_array($value) ? $this->strip_auth_config_secrets($value) : $value;
            }
        }
        return $kept;
    }

    public function is_configured(): bool
    {
        return $this->get_config() !== [];
    }

    public function get_callback_url(): string
    {
        $url = site_url("/datamachine-auth/{$this->provider_slug}/");
        return apply_filters('datamachine_oauth_callback_url', $url, $this->provider_slug);
    }

    public function get_site_account(): ?array
    {
        return $this->opened($this->stored(['account']));
    }

    public function save_site_account(array $account): bool
    {
        return $this->store(['account'], $account);
    }

    public function update_site_account(array $patch): bool
    {
        return $this->patch(null, $patch);
    }

    public function delete_site_account(): bool
    {
        return $this->forget(['account']);
    }

    public function get_named_account(
        string $account_name,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): ?array {
        $path = $this->named($account_name, $owner_type, $owner_id);
        return $path === null ? null : $this->opened($this->stored($path));
    }

    public function save_named_account(
        string $account_name,
        array $account,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): bool {
        $path = $this->named($account_name, $owner_type, $owner_id);
        foreach ($this->find_named_accounts($account_name) as $found) {
            $path = [$found['owner_type'], $found['owner_id']] === [$owner_type, $owner_id] ? $path : null;
        }
        return $path !== null && $account !== [] && $this->store($path, $account);
    }

    public function delete_named_account(
        string $account_name,
        string $owner_type = self::AUTH_SCOPE_SITE,
        int $owner_id = 0,
    ): bool {
        $path = $this->named($account_name, $owner_type, $owner_id);
        return $path !== null && $this->forget($path);
    }

    public function find_named_accounts(string $account_name): array
    {
        $name = $this->normalize_named_account_name($account_name);
        $owners = ['site:0' => $this->stored(['accounts'])];
        foreach ((array) ($this->stored(['principals']) ?? []) as $scope => $own) {
            if (preg_match('/^(user|agent):\d+$/', (string) $scope) === 1) {
                $owners[$scope] = is_array($own) ? $own['accounts'] ?? null : null;
            }
        }
        $matches = [];
        foreach ($name === '' ? [] : $owners as $owner => $accounts) {
            if (is_array($accounts[$name] ?? null)) {
                [$type, $id] = explode(':', $owner);
                $matches[] = [
                    'account_name' => $name,
                    'owner_type' => $type,
                    'owner_id' => (int) $id,
                    'account' => $this->decrypt_fields($accounts[$name]),
                ];
            }
        }
        return $matches;
    }

    protected function normalize_named_account_name(string $account_name): string
    {
        $name = strtolower(trim($account_name));
        return preg_match('/^[a-z0-9][a-z0-9._-]*$/', $name) === 1 ? $name : '';
    }

    protected function named_account_scope(string $owner_type, int $owner_id)
    {
        if ($owner_type === self::AUTH_SCOPE_SITE) {
            return null;
        }
        $known = $owner_type === self::AUTH_SCOPE_USER || $owner_type === self::AUTH_SCOPE_AGENT;
        return $known && $owner_id > 0 ? "{$owner_type}:{$owner_id}" : false;
    }

    public function get_account(): array
    {
        return $this->decrypt_fields($this->stored(['account']) ?? []);
    }

    public function get_account_for_policy_context(array $context = []): ?array
    {
        $scope = $this->get_principal_scope($context);
        $own = $scope === null ? null : $this->opened($this->stored(self::at($scope, 'account')));
        return $own ?? $this->get_site_account();
    }

    public function get_config(array $context = []): array
    {
        $scope = $this->get_principal_scope($context, 'config');
        $own = $scope === null ? null : $this->opened($this->stored(self::at($scope, 'config')));
        return $own ?? $this->decrypt_fields($this->stored(['config']) ?? []);
    }

    public function save_account(array $data): bool
    {
        return $this->store(['account'], $data);
    }

    public function update_account(array $patch, array $context = []): bool
    {
        return $this->patch($this->get_principal_scope($context), $patch);
    }

    public function save_config(array $data, array $context = []): bool
    {
        return $this->store(self::at($this->get_principal_scope($context, 'config'), 'config'), $data);
    }

    public function clear_account(): bool
    {
        return $this->forget(['account']);
    }

    public function get_account_for_user(int $user_id): ?array
    {
        $id = absint($user_id);
        if ($id === 0) {
            return null;
        }
        $found = apply_filters('datamachine_resolve_oauth_account_for_user', null, $this->provider_slug, $id);
        $source = is_array($found) && $found !== [] ? 'filter' : 'default';
        $account = $source === 'filter' ? $found : $this->opened($this->stored(self::at("user:{$id}", 'account')));
        if ($account !== null) {
            $context = ['provider' => $this->provider_slug, 'user_id' => $id, 'source' => $source];
            do_action('datamachine_log', 'debug', 'OAuth: Per-user account resolved', $context);
        }
        return $account;
    }

    public function save_account_for_user(int $user_id, array $account): bool
    {
        return $this->save_for(self::AUTH_SCOPE_USER, $user_id, $account);
    }

    public function update_account_for_user(int $user_id, array $patch): bool
    {
        return absint($user_id) > 0 && $this->patch('user:' . absint($user_id), $patch);
    }

    public function delete_account_for_user(int $user_id): bool
    {
        return absint($user_id) > 0 && $this->forget(['principals', 'user:' . absint($user_id)]);
    }

    public function get_account_for_agent(int $agent_id): ?array
    {
        $id = absint($agent_id);
        return $id > 0 ? $this->opened($this->stored(self::at("agent:{$id}", 'account'))) : null;
    }

    public function save_account_for_agent(int $agent_id, array $account): bool
    {
        return $this->save_for(self::AUTH_SCOPE_AGENT, $agent_id, $account);
    }

    public function update_account_for_agent(int $agent_id, array $patch): bool
    {
        return absint($agent_id) > 0 && $this->patch('agent:' . absint($agent_id), $patch);
    }

    public function delete_account_for_agent(int $agent_id): bool
    {
        return absint($agent_id) > 0 && $this->forget(['principals', 'agent:' . absint($agent_id)]);
    }

    public function get_username(): ?string
    {
        return ($this->get_account()['username'] ?? '') ?: null;
    }

    public function get_account_details(): ?array
    {
        return $this->get_account();
    }

    protected function get_principal_scope(array $context = [], string $credential_type = 'account'): ?string
    {
        $policy = $this->get_auth_scope_policy($credential_type, $context);
        if ($policy === self::AUTH_SCOPE_SITE) {
            return null;
        }
        $played = class_exists(PermissionHelper::class);
        $candidates = [
            ['agent', $context['agent_id'] ?? 0],
            ['user', $context['user_id'] ?? 0],
            ['agent', $played ? PermissionHelper::get_acting_agent_id() : 0],
            ['user', $played ? PermissionHelper::acting_user_id() : 0],
            ['user', get_current_user_id()],
        ];
        foreach ($candidates as [$type, $id]) {
            if (absint($id) > 0 && in_array($policy, [$type, self::AUTH_SCOPE_PRINCIPAL], true)) {
                return "{$type}:" . absint($id);
            }
        }
        return null;
    }

    protected function get_auth_scope_policy(string $credential_type = 'account', array $context = []): string
    {
        $given = [$this->provider_slug, $credential_type, $context, $this];
        $policy = (string) apply_filters('datamachine_auth_scope_policy', self::AUTH_SCOPE_SITE, ...$given);
        $known = [self::AUTH_SCOPE_USER, self::AUTH_SCOPE_AGENT, self::AUTH_SCOPE_PRINCIPAL];
        return in_array($policy, $known, true) ? $policy : self::AUTH_SCOPE_SITE;
    }

    protected function get_encrypted_fields(): array
    {
        return apply_filters('datamachine_auth_encrypted_fields', self::ENCRYPTED_FIELDS, $this->provider_slug);
    }

    protected function encrypt_fields(array $data): array
    {
        foreach ($this->get_encrypted_fields() as $field) {
            $value = $data[$field] ?? null;
            if (is_string($value) && $value !== '' && !str_starts_with($value, self::ENCRYPTION_PREFIX)) {
                $data[$field] = self::seal($value) ?? $value;
            }
        }
        return $data;
    }

    protected function decrypt_fields(array $data): array
    {
        foreach ($this->get_encrypted_fields() as $field) {
            $value = $data[$field] ?? null;
            if (is_string($value) && str_starts_with($value, self::ENCRYPTION_PREFIX)) {
                // What does not open is handed out as it is.
                $data[$field] = self::open($value) ?? $value;
            }
        }
        return $data;
    }

    private static function seal(string $value): ?string
    {
        $iv = random_bytes(12);
        $sealed = openssl_encrypt($value, self::CIPHER_ALGO, self::key(), OPENSSL_RAW_DATA, $iv, $tag);
        $parts = array_map(base64_encode(...), [$iv, (string) $tag, (string) $sealed]);
        return $sealed === false ? null : self::ENCRYPTION_PREFIX . implode(':', $parts);
    }

    private static function open(string $envelope): ?string
    {
        $parts = explode(':', substr($envelope, strlen(self::ENCRYPTION_PREFIX)));
        $parts = array_map(static fn (string $part) => (string) base64_decode($part, true), $parts);
        if (count($parts) !== 3 || strlen($parts[0]) !== 12 || strlen($parts[1]) !== self::AUTH_TAG_LENGTH) {
            return null;
        }
        [$iv, $tag, $sealed] = $parts;
        $opened = openssl_decrypt($sealed, self::CIPHER_ALGO, self::key(), OPENSSL_RAW_DATA, $iv, $tag);
        return $opened === false ? null : $opened;
    }

    private static function key(): string
    {
        return hash('sha256', wp_salt('auth') . 'datamachine-oauth', true);
    }

    /**
     * Where a slot of the site's (null) or of a principal's is.
     */
    private static function at(?string $scope, string $slot): array
    {
        return $scope === null ? [$slot] : ['principals', $scope, $slot];
    }

    private function named(string $name, string $type, int $id): ?array
    {
        $name = $this->normalize_named_account_name($name);
        $scope = $this->named_account_scope($type, $id);
        return $name === '' || $scope === false ? null : [...self::at($scope, 'accounts'), $name];
    }

    private function save_for(string $type, int $id, array $account): bool
    {
        return absint($id) > 0 && $this->store(self::at("{$type}:" . absint($id), 'account'), $account);
    }

    private function patch(?string $scope, array $patch): bool
    {
        $path = self::at($scope, 'account');
        return $this->store($path, array_merge($this->opened($this->stored($path)) ?? [], $patch));
    }

    private function opened(mixed $document): ?array
    {
        return is_array($document) && $document !== [] ? $this->decrypt_fields($document) : null;
    }

    private function stored(array $path): mixed
    {
        $at = get_site_option(self::OPTION, []);
        foreach ([$this->provider_slug, ...$path] as $key) {
            $at = is_array($at) ? $at[$key] ?? null : null;
        }
        return $at;
    }

    private function store(array $path, array $document): bool
    {
        $all = get_site_option(self::OPTION, []);
        $at = &$all;
        foreach ([$this->provider_slug, ...$path] as $key) {
            $at[$key] = is_array($at[$key] ?? null) ? $at[$key] : [];
            $at = &$at[$key];
        }
        $at = $this->encrypt_fields($document);
        return update_site_option(self::OPTION, $all);
    }

    private function forget(array $path): bool
    {
        if ($this->stored($path) === null) {
            return true;
        }
        $all = get_site_option(self::OPTION, []);
        $last = array_pop($path);
        $at = &$all[$this->provider_slug];
        foreach ($path as $key) {
            $at = &$at[$key];
        }
        unset($at[$last]);
        return update_site_option(self::OPTION, $all);
    }
}
