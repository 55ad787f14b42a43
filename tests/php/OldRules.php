<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

/**
 * How the old plug-in reads and writes its option, with nothing of ours: PHP's openssl and unserialize().
 */
final class OldRules
{
    private const PREFIX = 'dm:enc:v1:';

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
