<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin;

use DataMachine\Abilities\PermissionHelper;

/**
 * Who a credential belongs to: upstream's scopes (null for the site, `user:12`, `agent:7`) and the vault's owners.
 *
 * @internal
 */
final class Principals
{
    public const SITE = 'site:0';

    /**
     * An id as WordPress's absint() gives it; 0 for what is none.
     */
    public static function id(mixed $id): int
    {
        $number = is_scalar($id) ? (int) $id : 0;
        return $number === PHP_INT_MIN ? 0 : abs($number);
    }

    /**
     * The owner that an id stands for; null for the id 0.
     */
    public static function owner(string $type, int $id): ?string
    {
        $id = self::id($id);
        return $id > 0 ? "{$type}:{$id}" : null;
    }

    /**
     * Upstream's owner type and id of a vault's owner; null for owners that upstream does not know.
     *
     * @return array{string, int}|null
     */
    public static function parts(string $owner): ?array
    {
        if ($owner === self::SITE) {
            return ['site', 0];
        }
        return preg_match('/^(user|agent):(\d+)$/', $owner, $parts) ? [$parts[1], (int) $parts[2]] : null;
    }

    /**
     * The principal that a policy (`user`, `agent` or `principal`) finds: whom the context names, then who acts, then
     * who is logged in.
     *
     * @param array<array-key, mixed> $context
     */
    public static function acting(string $policy, array $context): ?string
    {
        foreach (self::candidates($context) as [$type, $id]) {
            if ($id > 0 && in_array($policy, [$type, 'principal'], true)) {
                return "{$type}:{$id}";
            }
        }
        return null;
    }

    /**
     * @param array<array-key, mixed> $context
     *
     * @return \Generator<int, array{string, int}>
     */
    private static function candidates(array $context): \Generator
    {
        yield ['agent', self::id($context['agent_id'] ?? 0)];
        yield ['user', self::id($context['user_id'] ?? 0)];
        if (class_exists(PermissionHelper::class)) {
            yield ['agent', self::id(PermissionHelper::get_acting_agent_id())];
            yield ['user', self::id(PermissionHelper::acting_user_id())];
        }
        if (function_exists('get_current_user_id')) {
            yield ['user', self::id(get_current_user_id())];
        }
    }
}
