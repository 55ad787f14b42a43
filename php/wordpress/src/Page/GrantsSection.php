<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\GrantInfo;
use DataMachine\Connections\GrantOrigin;
use DataMachine\Connections\GrantStatus;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Plugin;

/**
 * What was granted, each with the way to take it back.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class GrantsSection
{
    private const ROWS = 100;

    public static function show(Vault $vault): Html
    {
        // phpcs:ignore WordPress.Security.NonceVerification -- nothing is done.
        $after = (new Input(wp_unslash($_GET)))->text('after');
        $query = ['revoked' => false, 'limit' => self::ROWS] + ($after === '' ? [] : ['after' => $after]);
        $grants = $vault->access()->grants($query);
        $row = static fn (GrantInfo $grant): array => self::row($vault, $grant);
        return Html::all(
            Html::tag('h3', ['id' => 'grants'], __('Granted', 'datamachine-connections')),
            $grants->rows === []
                ? Parts::text(__('No agent has a grant.', 'datamachine-connections'))
                : Parts::table(__('Granted', 'datamachine-connections'), [
                    __('Grant', 'datamachine-connections'),
                    __('How it came', 'datamachine-connections'),
                    __('State', 'datamachine-connections'),
                    __('Take back', 'datamachine-connections'),
                ], array_map($row, $grants->rows)),
            $grants->next === null ? Html::all() : Parts::text(Parts::link(
                add_query_arg('after', rawurlencode($grants->next), Plugin::page()) . '#grants',
                __('The next grants', 'datamachine-connections')
            ))
        );
    }

    /**
     * @return list<string|Html>
     */
    private static function row(Vault $vault, GrantInfo $grant): array
    {
        if (!$grant->integrity) {
            return self::changed($grant);
        }
        $what = Words::grant(Words::terms($grant), self::account($vault, $grant));
        $button = __('Revoke', 'datamachine-connections');
        return [
            $what,
            self::origin($grant),
            self::status($grant->status),
            Parts::form('revoke', $button, ['id' => $grant->id], 'secondary', "{$button}: {$what}"),
        ];
    }

    /**
     * Somebody changed it past the library: nothing that it says is believed.
     *
     * @return list<string|Html>
     */
    private static function changed(GrantInfo $grant): array
    {
        /* translators: 1: an agent, 2: an owner. */
        $what = __('What %2$s granted to %1$s was changed in the store by something else than this plugin.', 'datamachine-connections');
        $button = __('Revoke all of them', 'datamachine-connections');
        $pair = ['agent' => $grant->agent, 'owner' => $grant->owner];
        $what = sprintf($what, Words::owner($grant->agent), Words::owner($grant->owner));
        return [
            $what,
            '–',
            __('none of them counts', 'datamachine-connections'),
            Parts::form('revoke_all', $button, $pair, 'secondary', "{$button}: {$what}"),
        ];
    }

    private static function origin(GrantInfo $grant): string
    {
        $how = match ($grant->origin) {
            GrantOrigin::Delegation => __('a delegation of Data Machine', 'datamachine-connections'),
            GrantOrigin::OwnAccount => __('the agent\'s own account was connected', 'datamachine-connections'),
            GrantOrigin::Observed => __('asked for, and accepted', 'datamachine-connections'),
            null => __('given by hand', 'datamachine-connections'),
        };
        // What the library gives by itself is told already.
        $by = in_array($grant->grantedBy, [null, 'library'], true) ? '' : ', ' . Words::owner($grant->grantedBy);
        return $grant->grantedAt === null ? $how . $by : "{$how}{$by}, " . Words::time($grant->grantedAt);
    }

    private static function status(?GrantStatus $status): string
    {
        return match ($status) {
            GrantStatus::Active => __('counts', 'datamachine-connections'),
            GrantStatus::NotYet => __('counts later', 'datamachine-connections'),
            GrantStatus::Expired => __('has ended', 'datamachine-connections'),
            GrantStatus::Exhausted => __('used up', 'datamachine-connections'),
            GrantStatus::Revoked => __('taken back', 'datamachine-connections'),
            null => '–',
        };
    }

    /**
     * The name of the account that a grant is about, where it is about one.
     */
    private static function account(Vault $vault, GrantInfo $grant): ?string
    {
        if ($grant->connection === null) {
            return null;
        }
        static $accounts = [];
        $key = "{$grant->provider} {$grant->owner}";
        if (!isset($accounts[$key])) {
            $accounts[$key] = [];
            foreach ($vault->all(['provider' => $grant->provider, 'owner' => $grant->owner]) as $connection) {
                $accounts[$key][$connection->id] = $connection->account;
            }
        }
        return $accounts[$key][$grant->connection] ?? null;
    }
}
