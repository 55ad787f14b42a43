<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Core\OAuth\BaseAuthProvider;

/**
 * Every call of a provider that reaches the vault, and what its callers expect where that fails.
 */
final class Calls
{
    /** The answers where nothing works. */
    public const NOTHING = [
        'is_configured' => false,
        'is_authenticated' => false,
        'get_site_account' => null,
        'get_account' => [],
        'get_account_for_policy_context' => null,
        'get_config' => [],
        'get_account_for_user' => null,
        'get_account_for_agent' => null,
        'get_named_account' => null,
        'find_named_accounts' => [],
        'get_username' => null,
        'get_account_details' => [],
    ];

    /**
     * A getter's answer by its name in tests/fixtures/expected-mixed-api.json: a method, or `user:2`, `agent:5`,
     * `site/named/second`.
     */
    public static function getter(BaseAuthProvider $provider, string $getter): mixed
    {
        if (preg_match('~^(site|user|agent):?(\d*)(?:/named/(.+))?$~D', $getter, $parts) !== 1) {
            return $provider->$getter();
        }
        [, $type, $id] = $parts;
        return isset($parts[3])
            ? $provider->get_named_account($parts[3], $type, (int) $id)
            : $provider->{"get_account_for_{$type}"}((int) $id);
    }

    /**
     * @return array<string, mixed> the answer, by the method
     */
    public static function reads(BaseAuthProvider $provider): array
    {
        return self::each($provider, array_keys(self::NOTHING), [
            'get_account_for_user' => [7],
            'get_account_for_agent' => [7],
            'get_named_account' => ['a', 'user', 7],
            'find_named_accounts' => ['a'],
        ]);
    }

    /**
     * @param array<string, mixed> $document
     *
     * @return array<string, mixed> the answer, by the method
     */
    public static function saves(BaseAuthProvider $provider, #[\SensitiveParameter] array $document): array
    {
        $calls = [
            'save_site_account' => [$document],
            'save_account' => [$document],
            'update_site_account' => [$document],
            'update_account' => [$document],
            'save_config' => [$document],
            'save_account_for_user' => [7, $document],
            'update_account_for_user' => [7, $document],
            'save_account_for_agent' => [7, $document],
            'update_account_for_agent' => [7, $document],
            'save_named_account' => ['a', $document, 'user', 7],
        ];
        return self::each($provider, array_keys($calls), $calls);
    }

    /**
     * @return array<string, mixed> the answer, by the method
     */
    public static function deletions(BaseAuthProvider $provider): array
    {
        $calls = [
            'delete_site_account' => [],
            'clear_account' => [],
            'delete_account_for_user' => [7],
            'delete_account_for_agent' => [7],
            'delete_named_account' => ['a', 'user', 7],
        ];
        return self::each($provider, array_keys($calls), $calls);
    }

    /**
     * @param list<string>               $methods
     * @param array<string, list<mixed>> $arguments
     *
     * @return array<string, mixed>
     */
    private static function each(
        BaseAuthProvider $provider,
        array $methods,
        #[\SensitiveParameter] array $arguments,
    ): array {
        $answers = [];
        foreach ($methods as $method) {
            $answers[$method] = $provider->$method(...($arguments[$method] ?? []));
        }
        return $answers;
    }
}
