<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\AuditAnchor;
use DataMachine\Connections\Vault;

/**
 * Where the store's audit had come to, hour by hour, kept in the site's database: by that it shows that the whole store
 * was put back to an earlier time, which nothing inside of it can show. No secret.
 */
final class Heads
{
    public const OPTION = 'datamachine_connections_heads';

    private const KEPT = 24;

    /**
     * The last ones, the newest last.
     *
     * @return list<AuditAnchor>
     */
    public static function all(): array
    {
        $heads = [];
        foreach ((array) get_site_option(self::OPTION, []) as $head) {
            try {
                $heads[] = AuditAnchor::fromJson((string) $head);
            } catch (\Throwable) {
                // What somebody else wrote there proves nothing.
            }
        }
        return $heads;
    }

    /**
     * Keeps where the audit has come to now; unless that is behind where it was: the later ones are the proof.
     *
     * @return bool whether it was kept
     */
    public static function keep(Vault $vault): bool
    {
        $now = $vault->audit()->anchor();
        $heads = self::all();
        $last = end($heads);
        if ($last !== false && self::isBehind($now, $last)) {
            return false;
        }
        self::write([...$heads, $now]);
        return true;
    }

    /**
     * The last one, where the store is behind it: it was put back. Null where it is not.
     */
    public static function putBack(Vault $vault): ?AuditAnchor
    {
        $heads = self::all();
        $last = end($heads);
        return $last !== false && self::isBehind($vault->audit()->anchor(), $last) ? $last : null;
    }

    /**
     * Begins anew with the store as it is: for who knows that it was put back, and why.
     */
    public static function accept(Vault $vault): void
    {
        self::write([$vault->audit()->anchor()]);
    }

    private static function isBehind(AuditAnchor $now, AuditAnchor $then): bool
    {
        $sequences = static fn (AuditAnchor $of) => array_column($of->toArray()['streams'], 'sequence', 'stream');
        $has = $sequences($now);
        foreach ($sequences($then) as $stream => $sequence) {
            if (($has[$stream] ?? 0) < $sequence) {
                return true;
            }
        }
        return false;
    }

    /**
     * @param list<AuditAnchor> $heads
     */
    private static function write(array $heads): void
    {
        $kept = array_slice($heads, -self::KEPT);
        update_site_option(self::OPTION, array_map(static fn (AuditAnchor $one) => $one->toJson(), $kept));
    }
}
