<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Connections\Query;
use DataMachine\Connections\RowInfo;
use DataMachine\Connections\Status;
use DataMachine\Core\OAuth\BaseAuthProvider;
use DataMachine\Core\OAuth\BaseOAuth1Provider;
use DataMachine\Core\OAuth\BaseOAuth2Provider;
use DataMachine\Core\OAuth\HttpBasicAuthProvider;

/**
 * Whether a provider is set up or connected, asked without opening a document.
 *
 * Provider classes may use this for their `is_authenticated()`: `Standing::connected($this->provider_slug)`.
 */
final class Standing
{
    public const ACCOUNT = 'account';
    public const CONFIG = 'config';

    /** Without which members an account or app config is of no use, by the class of its provider. */
    private const NEEDED = [
        BaseOAuth1Provider::class => [
            self::ACCOUNT => ['access_token', 'access_token_secret'],
            self::CONFIG => ['api_key', 'api_secret'],
        ],
        HttpBasicAuthProvider::class => [self::CONFIG => ['account', 'username', 'password']],
    ];

    /** @var array<string, bool> what overrides() found out */
    private static array $overrides = [];

    /**
     * Whether an owner's account can be used now: it is there, not expired, not revoked, and its key is at hand.
     */
    public static function connected(
        string $provider,
        string $owner = Principals::SITE,
        string $account = 'default',
    ): bool {
        return self::status($provider, $owner, $account) === Status::Active;
    }

    /**
     * The status of an owner's account; null where there is none, or nothing that could be told of it.
     *
     * @internal
     */
    public static function status(
        string $provider,
        string $owner = Principals::SITE,
        string $account = 'default',
    ): ?Status {
        return Failures::guard($provider, static function () use ($provider, $owner, $account): ?Status {
            $query = new Query(provider: $provider, owner: $owner, account: $account, limit: 1);
            return self::told($provider, Runtime::vault()->find($query)->rows[0] ?? null);
        }, null);
    }

    /**
     * Whether an owner's app config can be used; null where there is none.
     */
    public static function configured(string $provider, string $owner = Principals::SITE): ?bool
    {
        return Failures::guard($provider, static function () use ($provider, $owner): ?bool {
            $query = new Query(provider: $provider, owner: $owner, limit: 1);
            $row = Runtime::vault()->configs()->find($query)->rows[0] ?? null;
            return $row === null ? null : self::told($provider, $row) === Status::Active;
        }, false);
    }

    /**
     * The status that an account or app config is saved with: pending where it lacks what its class needs, else null,
     * for active.
     *
     * @internal
     *
     * @param array<array-key, mixed> $document
     */
    public static function initial(
        object $provider,
        #[\SensitiveParameter] array $document,
        string $kind = self::ACCOUNT,
    ): ?Status {
        $all = $document + array_fill_keys(self::needed($provider, $kind), null);
        return self::after($provider, $all, $kind);
    }

    /**
     * The same for a patch: pending where it takes away what is needed.
     *
     * @internal
     *
     * @param array<array-key, mixed> $patch
     */
    public static function after(
        object $provider,
        #[\SensitiveParameter] array $patch,
        string $kind = self::ACCOUNT,
    ): ?Status {
        $needed = array_intersect_key($patch, array_flip(self::needed($provider, $kind)));
        return count(array_filter($needed)) === count($needed) ? null : Status::Pending;
    }

    /**
     * Whether a provider's class has a method of its own in place of the one of `$base`, which has to be asked then.
     *
     * @internal
     *
     * @param class-string $base
     */
    public static function overrides(object $provider, string $method, string $base): bool
    {
        $key = $provider::class . "::{$method}";
        return self::$overrides[$key] ??= (new \ReflectionMethod($provider, $method))->class !== $base;
    }

    /**
     * @return list<string>
     */
    private static function needed(object $provider, string $kind): array
    {
        if ($provider instanceof BaseOAuth2Provider) {
            return self::neededOfOAuth2($provider, $kind);
        }
        foreach (self::NEEDED as $class => $needed) {
            if ($provider instanceof $class) {
                return $needed[$kind] ?? [];
            }
        }
        return [];
    }

    /**
     * @return list<string>
     */
    private static function neededOfOAuth2(BaseOAuth2Provider $provider, string $kind): array
    {
        // Where a child answers itself, it knows what it needs, which may be something else.
        if ($kind === self::ACCOUNT) {
            return self::overrides($provider, 'is_authenticated', BaseOAuth2Provider::class) ? [] : ['access_token'];
        }
        if (self::overrides($provider, 'is_configured', BaseAuthProvider::class)) {
            return [];
        }
        $secret = (new \ReflectionMethod($provider, 'requires_client_secret'))->invoke($provider);
        return $secret ? ['client_id', 'client_secret'] : ['client_id'];
    }

    private static function told(string $provider, ?RowInfo $row): ?Status
    {
        if ($row === null || ($row->integrity && $row->status !== Status::KeyUnavailable)) {
            return $row?->status;
        }
        $what = $row->integrity ? 'key_unavailable' : 'integrity';
        Failures::note($provider, new Refusal($what, "{$provider} of {$row->owner}: " . ($row->integrity
            ? 'it cannot be opened with the keys or salts that were given. Give them, or connect it again.'
            : 'its row was changed by something that is not the vault. Delete it and connect it again.')));
        return null;
    }
}
