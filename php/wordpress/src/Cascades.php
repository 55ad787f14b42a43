<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * Who is gone takes the own connections along: users, agents, blogs.
 *
 * What cannot be done at once, because the store cannot be opened, is remembered by its owner's name and done later.
 */
final class Cascades
{
    /** Owners whose connections are to be destroyed; no secret. */
    public const PENDING = 'datamachine_connections_pending';

    public static function userGone(mixed $user): void
    {
        self::gone('user', $user);
    }

    /**
     * On a network somebody may leave one blog for another in the same request: so it is looked at when that ends.
     */
    public static function userLeaves(mixed $user): void
    {
        self::remember('user', $user);
        if (!has_action('shutdown', [self::class, 'catchUp'])) {
            add_action('shutdown', [self::class, 'catchUp']);
        }
    }

    public static function blogGone(mixed $blog): void
    {
        self::gone('site', $blog instanceof \WP_Site ? $blog->blog_id : 0);
    }

    public static function agentGone(mixed $agent): void
    {
        self::gone('agent', $agent);
    }

    /**
     * Does what is left to be done.
     */
    public static function catchUp(): void
    {
        foreach (self::pending() as $owner) {
            Plugin::attempt(static function () use ($owner): void {
                self::clear($owner);
                self::forget($owner);
            });
        }
    }

    /**
     * @return list<string>
     */
    public static function pending(): array
    {
        $pending = get_site_option(self::PENDING, []);
        $pending = is_array($pending) ? array_filter($pending, is_string(...)) : [];
        return array_values(preg_grep('~^(user|agent|site):[1-9]\d*$~D', $pending) ?: []);
    }

    private static function gone(string $kind, mixed $id): void
    {
        if (self::remember($kind, $id)) {
            self::catchUp();
        }
    }

    private static function remember(string $kind, mixed $id): bool
    {
        $id = is_numeric($id) ? (int) $id : 0;
        if ($id <= 0) {
            return false;
        }
        $pending = self::pending();
        return in_array("{$kind}:{$id}", $pending, true)
            || update_site_option(self::PENDING, [...$pending, "{$kind}:{$id}"]);
    }

    private static function forget(string $owner): void
    {
        $pending = array_values(array_diff(self::pending(), [$owner]));
        $pending === [] ? delete_site_option(self::PENDING) : update_site_option(self::PENDING, $pending);
    }

    private static function clear(string $owner): void
    {
        [$kind, $id] = explode(':', $owner);
        $store = Plugin::store();
        if ($store === null || ($kind === 'user' && self::belongs((int) $id))) {
            return;
        }
        $vault = $store->vault();
        $vault->clearOwner($owner);
        if ($kind === 'agent') {
            $vault->access()->revokeAll('site:0', agent: (int) $id, why: 'agent_deleted');
        }
    }

    /**
     * Whether a user is one of this site's still. On a network, who belongs to no blog any more is nobody whom an admin
     * of a blog could delete, and has no screen left on which to disconnect anything; super admins belong to all. The
     * filter is for networks whose members need no blog.
     */
    private static function belongs(int $user): bool
    {
        clean_user_cache($user);
        if (get_userdata($user) === false) {
            return false;
        }
        $belongs = !is_multisite() || is_super_admin($user) || get_blogs_of_user($user, true) !== [];
        return (bool) apply_filters('datamachine_connections_user_belongs', $belongs, $user);
    }
}
