<?php

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

/**
 * Today's way, for comparison: one network option with everything in it, read and rewritten whole, and some fields of
 * it in envelopes of AES-256-GCM. Written anew from what the option looks like; Data Machine's own code is not here.
 */
final class SerializedOption
{
    public const OPTION = 'datamachine_auth_data';

    private const PREFIX = 'dm:enc:v1:';
    private const CIPHER = 'aes-256-gcm';
    private const FIELDS = [
        'access_token', 'refresh_token', 'oauth_token', 'oauth_token_secret', 'app_secret', 'client_secret',
        'consumer_secret', 'api_secret', 'webhook_secret',
    ];

    public function __construct(private readonly string $slug)
    {
    }

    /**
     * @return array<string, mixed>|null
     */
    public function siteAccount(): ?array
    {
        $account = get_site_option(self::OPTION, [])[$this->slug]['account'] ?? [];
        return $account === [] ? null : $this->opened($account);
    }

    /**
     * @param array<string, mixed> $account
     */
    public function saveSiteAccount(array $account): bool
    {
        $all = get_site_option(self::OPTION, []);
        $all[$this->slug]['account'] = $this->sealed($account);
        return update_site_option(self::OPTION, $all);
    }

    /**
     * @return array<string, mixed>|null
     */
    public function accountForUser(int $user): ?array
    {
        $found = apply_filters('datamachine_resolve_oauth_account_for_user', null, $this->slug, $user);
        if (is_array($found) && $found !== []) {
            return $found;
        }
        $account = get_site_option(self::OPTION, [])[$this->slug]['principals']["user:{$user}"]['account'] ?? [];
        if ($account === []) {
            return null;
        }
        $context = ['provider' => $this->slug, 'user_id' => $user, 'source' => 'default'];
        do_action('datamachine_log', 'debug', 'OAuth: Per-user account resolved', $context);
        return $this->opened($account);
    }

    /**
     * @param array<string, mixed> $account
     */
    public function saveAccountForUser(int $user, array $account): bool
    {
        $all = get_site_option(self::OPTION, []);
        $all[$this->slug]['principals']["user:{$user}"]['account'] = $this->sealed($account);
        return update_site_option(self::OPTION, $all);
    }

    /**
     * @param array<string, mixed> $account
     *
     * @return array<string, mixed>
     */
    private function sealed(array $account): array
    {
        foreach ($this->fields($account) as $field) {
            if (!str_starts_with($account[$field], self::PREFIX)) {
                $iv = random_bytes(12);
                $text = openssl_encrypt($account[$field], self::CIPHER, self::key(), OPENSSL_RAW_DATA, $iv, $tag);
                $account[$field] = self::PREFIX . implode(':', array_map(base64_encode(...), [$iv, $tag, $text]));
            }
        }
        return $account;
    }

    /**
     * @param array<string, mixed> $account
     *
     * @return array<string, mixed>
     */
    private function opened(array $account): array
    {
        foreach ($this->fields($account) as $field) {
            if (str_starts_with($account[$field], self::PREFIX)) {
                $parts = explode(':', substr($account[$field], strlen(self::PREFIX)));
                [$iv, $tag, $text] = array_map(static fn (string $part) => base64_decode($part, true), $parts);
                $opened = openssl_decrypt($text, self::CIPHER, self::key(), OPENSSL_RAW_DATA, $iv, $tag);
                $account[$field] = $opened === false ? $account[$field] : $opened;
            }
        }
        return $account;
    }

    /**
     * Those of the fields that are non-empty texts.
     *
     * @param array<string, mixed> $account
     *
     * @return list<string>
     */
    private function fields(array $account): array
    {
        $fields = apply_filters('datamachine_auth_encrypted_fields', self::FIELDS, $this->slug);
        return array_filter(
            $fields,
            static fn (string $field): bool => is_string($account[$field] ?? null) && $account[$field] !== ''
        );
    }

    /** Anew for each value. */
    private static function key(): string
    {
        return hash('sha256', wp_salt('auth') . 'datamachine-oauth', true);
    }
}
