<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

/**
 * What of an account or a handler's settings may go to REST, WP-CLI, screens and bundles.
 *
 * @internal
 */
final class Redaction
{
    /** Stands where a value is that is not shown. */
    public const MARKER = '(hidden)';

    /**
     * Texts that are shown: what the vault keeps in plain columns (who the account is, its scopes), and what says how
     * it is used. Any other text may be a secret.
     */
    private const SHOWN = [
        'username', 'name', 'display_name', 'handle',
        'user_id', 'page_id', 'person_id', 'channel_id', 'open_id',
        'scope', 'scopes', 'token_type', 'instance',
    ];

    private const SECRET_NAME =
        '/secret|token|passw|passphrase|pwd|credential|key|bearer|jwt|cookie|^pass$|^authorization$/i';

    /** A text shorter than that may be part of any other. */
    private const SHORTEST = 8;

    /** Times and lifetimes are none, whatever they belong to: `token_expires_at`. */
    private const TIME_NAME = '/_(at|in)$/i';

    /**
     * An account for people to look at: every text that is not known to be harmless is the marker.
     *
     * @param array<array-key, mixed> $account
     *
     * @return array<array-key, mixed>
     */
    public static function details(#[\SensitiveParameter] array $account): array
    {
        $details = [];
        foreach ($account as $name => $value) {
            $details[$name] = self::detail((string) $name, $value);
        }
        return $details;
    }

    /**
     * Whether a member is a secret by its name.
     *
     * @param array<array-key, mixed> $fields names of members that this provider encrypts
     */
    public static function isSecret(string|int $name, array $fields): bool
    {
        return in_array((string) $name, $fields, true) || preg_match(self::SECRET_NAME, (string) $name) === 1;
    }

    /**
     * A text without the user name and password that a URL may have in it.
     */
    public static function withoutUserinfo(#[\SensitiveParameter] string $text): string
    {
        return (string) preg_replace('~^(\s*[a-z][a-z0-9+.-]*://)[^/?#]*@~i', '$1', $text);
    }

    /**
     * Somebody else's text without what is in accounts and app configs, as they hold it, or in a URL or JSON.
     *
     * @param array<array-key, mixed> $documents
     */
    public static function withoutMembers(
        #[\SensitiveParameter] string $text,
        #[\SensitiveParameter] array $documents,
    ): string {
        $hidden = [];
        array_walk_recursive($documents, static function (mixed $value) use (&$hidden): void {
            if (is_string($value) && strlen($value) >= self::SHORTEST) {
                $json = substr((string) json_encode($value), 1, -1);
                array_push($hidden, $value, rawurlencode($value), urlencode($value), $json);
            }
        });
        // The longest first: one may begin with another.
        usort($hidden, static fn (string $one, string $other): int => strlen($other) <=> strlen($one));
        return str_replace($hidden, self::MARKER, $text);
    }

    private static function detail(string $name, #[\SensitiveParameter] mixed $value): mixed
    {
        $shown = match (get_debug_type($value)) {
            'bool', 'null' => true,
            'int', 'float' => !self::isSecret($name, []) || preg_match(self::TIME_NAME, $name) === 1,
            'string' => $value === '' || (in_array($name, self::SHOWN, true) && !Envelopes::is($value)),
            default => false,
        };
        if (is_array($value)) {
            // The texts of a list are what the list is: `scopes`.
            return array_is_list($value)
                ? array_map(static fn (mixed $one): mixed => self::detail($name, $one), $value)
                : self::details($value);
        }
        return $shown ? (is_string($value) ? self::withoutUserinfo($value) : $value) : self::MARKER;
    }
}
