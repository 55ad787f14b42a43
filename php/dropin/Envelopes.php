<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\LegacyEnvelope;

/**
 * Today's envelope (`dm:enc:v1:`), for provider classes that call `encrypt_fields()` and `decrypt_fields()`.
 *
 * Fail closed: what cannot be sealed or opened is left out, and never goes on as it was.
 *
 * @internal
 */
final class Envelopes
{
    /**
     * Whether a value is, or claims to be, in an envelope.
     */
    public static function is(#[\SensitiveParameter] mixed $value): bool
    {
        return is_string($value) && str_starts_with($value, LegacyEnvelope::PREFIX);
    }

    /**
     * Whether a top-level member is in an envelope: hardly ever, as the vault seals documents whole.
     *
     * @param array<array-key, mixed> $members
     */
    public static function in(#[\SensitiveParameter] array $members): bool
    {
        foreach ($members as $value) {
            if (self::is($value)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Seals the non-empty texts among the members of these names.
     *
     * @param array<array-key, mixed> $members
     * @param array<array-key, mixed> $names
     *
     * @return array<array-key, mixed>
     */
    public static function seal(string $provider, #[\SensitiveParameter] array $members, array $names): array
    {
        $plain = array_filter(
            self::texts($members, $names),
            static fn (string $value): bool => $value !== '' && !self::is($value)
        );
        return self::replace($provider, $members, $plain, LegacyEnvelope::seal(...));
    }

    /**
     * Opens the envelopes among the members of these names.
     *
     * @param array<array-key, mixed> $members
     * @param array<array-key, mixed> $names
     *
     * @return array<array-key, mixed>
     */
    public static function open(string $provider, #[\SensitiveParameter] array $members, array $names): array
    {
        $sealed = array_filter(self::texts($members, $names), self::is(...));
        return self::replace($provider, $members, $sealed, LegacyEnvelope::open(...));
    }

    /**
     * @param array<array-key, mixed>          $members
     * @param array<array-key, string>         $texts   which of them to replace
     * @param \Closure(string, string): string $cipher
     *
     * @return array<array-key, mixed>
     */
    private static function replace(
        string $provider,
        #[\SensitiveParameter] array $members,
        #[\SensitiveParameter] array $texts,
        \Closure $cipher,
    ): array {
        foreach ($texts as $name => $text) {
            $replaced = Failures::alongside(
                $provider,
                static fn (): string => $cipher(Runtime::salt(), $text),
                null
            );
            if ($replaced === null) {
                unset($members[$name]);
                continue;
            }
            $members[$name] = $replaced;
        }
        return $members;
    }

    /**
     * @param array<array-key, mixed> $members
     * @param array<array-key, mixed> $names
     *
     * @return array<array-key, string>
     */
    private static function texts(#[\SensitiveParameter] array $members, array $names): array
    {
        $names = array_filter($names, static fn (mixed $name): bool => is_string($name) || is_int($name));
        return array_filter(array_intersect_key($members, array_flip($names)), is_string(...));
    }
}
