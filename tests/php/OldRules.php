<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * How the old plug-in reads and writes its option, with nothing of ours: PHP's openssl and unserialize().
 */
final class OldRules
{
    private const PREFIX = 'dm:enc:v1:';

    /** The old plug-in's own list, and what the classes of mailboxes and of HTTP passwords add. */
    private const FIELDS = [
        'access_token', 'refresh_token', 'oauth_token', 'oauth_token_secret', 'app_secret', 'client_secret',
        'consumer_secret', 'api_secret', 'webhook_secret', 'imap_password', 'password',
    ];

    /**
     * The option with every account and config as a getter of the old classes gives it.
     *
     * @param array<array-key, mixed> $option
     *
     * @return array<array-key, mixed>
     */
    public static function read(array $option, string $salt): array
    {
        foreach ($option as $provider => $entry) {
            $option[$provider] = self::readSlots($entry, $salt);
            $principals = is_array($entry) ? $entry['principals'] ?? [] : [];
            foreach (is_array($principals) ? $principals : [] as $owner => $own) {
                $option[$provider]['principals'][$owner] = self::readSlots($own, $salt);
            }
        }
        return $option;
    }

    private static function readSlots(mixed $slots, string $salt): mixed
    {
        if (!is_array($slots)) {
            return $slots;
        }
        foreach (['config', 'account'] as $slot) {
            if (isset($slots[$slot])) {
                $slots[$slot] = self::readFields($slots[$slot], $salt);
            }
        }
        foreach (is_array($slots['accounts'] ?? null) ? $slots['accounts'] : [] as $name => $account) {
            $slots['accounts'][$name] = self::readFields($account, $salt);
        }
        return $slots;
    }

    private static function readFields(mixed $account, string $salt): mixed
    {
        foreach (is_array($account) ? self::FIELDS : [] as $field) {
            if (is_string($account[$field] ?? null) && str_starts_with($account[$field], self::PREFIX)) {
                $account[$field] = self::open($salt, $account[$field]);
            }
        }
        return $account;
    }

    /**
     * The members that are sealed, as paths.
     *
     * @param array<array-key, mixed> $option
     *
     * @return list<string>
     */
    public static function sealed(array $option, string $above = ''): array
    {
        $found = [];
        foreach ($option as $key => $value) {
            if (is_array($value)) {
                array_push($found, ...self::sealed($value, "{$above}/{$key}"));
            } elseif (is_string($value) && str_starts_with($value, self::PREFIX)) {
                $found[] = "{$above}/{$key}";
            }
        }
        return $found;
    }

    public static function seal(string $salt, string $value): string
    {
        $iv = random_bytes(12);
        $sealed = openssl_encrypt($value, 'aes-256-gcm', self::key($salt), OPENSSL_RAW_DATA, $iv, $tag, '', 16);
        return self::PREFIX . implode(':', array_map(base64_encode(...), [$iv, $tag, (string) $sealed]));
    }

    /**
     * What does not open is handed out as it is.
     */
    public static function open(string $salt, string $envelope): string
    {
        $parts = array_map(
            static fn (string $part) => base64_decode($part, true),
            explode(':', substr($envelope, strlen(self::PREFIX))),
        );
        if (count($parts) !== 3 || in_array(false, $parts, true) || strlen($parts[1]) !== 16) {
            return $envelope;
        }
        [$iv, $tag, $sealed] = $parts;
        $value = openssl_decrypt($sealed, 'aes-256-gcm', self::key($salt), OPENSSL_RAW_DATA, $iv, $tag);
        return $value === false ? $envelope : $value;
    }

    private static function key(string $salt): string
    {
        return hash('sha256', "{$salt}datamachine-oauth", true);
    }
}
