<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\AuditRecord;
use DataMachine\Connections\ConnectionInfo;
use DataMachine\Connections\Exception\IntegrityException;
use DataMachine\Connections\Exception\NotFoundException;
use DataMachine\Connections\ProviderStatus;
use DataMachine\Connections\Refreshed;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\Status;
use DataMachine\Connections\Vault;

/**
 * What is connected, and what somebody has to look after.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class OverviewSection
{
    /** The most rows of the table of what needs somebody. */
    private const ROWS = 50;
    /** How far back failed renewals are looked for, in seconds, and how many records. */
    private const SINCE = 7 * DAY_IN_SECONDS;
    private const RECORDS = 200;

    /** What needs somebody. */
    private const TROUBLE = [Status::NeedsReauth, Status::Error, Status::KeyUnavailable, Status::Revoked];
    /** The cause where a class said that it cannot renew an account. */
    private const REFUSED = 'not_supported';

    public static function show(Vault $vault): Html
    {
        $providers = $vault->status();
        $ended = self::ended($vault);
        return Html::all(
            Parts::heading(__('What is connected', 'datamachine-connections')),
            $providers === []
                ? Parts::text(__('Nothing yet. What Data Machine connects goes into the store at once.', 'datamachine-connections'))
                : self::providers($providers, array_count_values(array_column(array_column($ended, 0), 'provider'))),
            self::attention($vault, $ended)
        );
    }

    /**
     * Those whose access has run out for good: the catalogue, and what the account has, say that no renewal brings it back.
     *
     * @return list<array{ConnectionInfo, ?string}> with the cause
     */
    private static function ended(Vault $vault): array
    {
        $ended = [];
        foreach ($vault->all(['status' => Status::Expired]) as $connection) {
            try {
                $how = $vault->refreshStatus($connection);
            } catch (NotFoundException | IntegrityException) {
                // It went meanwhile, or does not open, which is told where it is asked for.
                continue;
            }
            if ($how->outcome === RefreshOutcome::Unsupported || $how->cause === self::REFUSED) {
                $ended[] = [$connection, $how->cause];
            }
        }
        return $ended;
    }

    /**
     * @param array<string, ProviderStatus> $providers
     * @param array<string, int>            $ended     how many of which provider's ran out for good
     */
    private static function providers(array $providers, array $ended): Html
    {
        $rows = [];
        foreach ($providers as $provider) {
            $rows[] = [
                $provider->name,
                (string) array_sum($provider->statuses),
                self::statuses($provider, $ended[$provider->provider] ?? 0),
                $provider->configured ? __('yes', 'datamachine-connections') : __('no', 'datamachine-connections'),
                $provider->nextExpiry === null ? '–' : Words::time($provider->nextExpiry),
            ];
        }
        return Parts::table(__('What is connected, by provider', 'datamachine-connections'), [
            __('Provider', 'datamachine-connections'),
            __('Accounts', 'datamachine-connections'),
            __('How they are', 'datamachine-connections'),
            __('App configuration', 'datamachine-connections'),
            __('First access to end', 'datamachine-connections'),
        ], $rows);
    }

    private static function statuses(ProviderStatus $provider, int $ended): string
    {
        $counts = [];
        foreach (Status::cases() as $status) {
            $counts[Words::status($status)] = $provider->count($status) - ($status === Status::Expired ? $ended : 0);
        }
        $counts = array_filter($counts + [Words::ended() => $ended], static fn (int $count): bool => $count > 0);
        $parts = array_map(static fn (string $word, int $count): string => "{$word}: {$count}", array_keys($counts), $counts);
        return $parts === [] ? '–' : implode('; ', $parts);
    }

    /**
     * @param list<array{ConnectionInfo, ?string}> $ended
     */
    private static function attention(Vault $vault, array $ended): Html
    {
        $rows = [...self::inTrouble($vault), ...array_map(self::over(...), $ended), ...self::failing($vault)];
        if ($rows === []) {
            return Html::all();
        }
        return Html::all(
            Parts::heading(__('What needs somebody', 'datamachine-connections'), 3),
            Parts::table(__('Accounts that need somebody', 'datamachine-connections'), [
                __('Account', 'datamachine-connections'),
                __('What is wrong', 'datamachine-connections'),
                __('Since', 'datamachine-connections'),
                __('What helps', 'datamachine-connections'),
            ], array_slice($rows, 0, self::ROWS))
        );
    }

    /**
     * @return list<list<string>>
     */
    private static function inTrouble(Vault $vault): array
    {
        $rows = [];
        foreach (self::TROUBLE as $status) {
            foreach ($vault->find(['status' => $status, 'limit' => self::ROWS]) as $connection) {
                $rows[] = [
                    self::name($connection),
                    self::wrong($connection),
                    Words::time($connection->updatedAt),
                    self::helps($connection),
                ];
            }
        }
        return $rows;
    }

    private static function wrong(ConnectionInfo $connection): string
    {
        return $connection->quarantined === []
            ? self::withCause(Words::status($connection->status), $connection->statusCause)
            /* translators: %s: names of members such as access_token. */
            : sprintf(__('it was moved without what did not open: %s', 'datamachine-connections'), implode(', ', $connection->quarantined));
    }

    private static function helps(ConnectionInfo $connection): string
    {
        return match ($connection->quarantined === [] ? $connection->status : Status::NeedsReauth) {
            Status::NeedsReauth, Status::Revoked => self::again(),
            Status::KeyUnavailable => __('Give the earlier key, or connect the account again.', 'datamachine-connections'),
            default => __('Look at the provider; then connect the account again.', 'datamachine-connections'),
        };
    }

    private static function again(): string
    {
        return __('Connect the account again in Data Machine.', 'datamachine-connections');
    }

    /**
     * @param array{ConnectionInfo, ?string} $ended
     *
     * @return list<string>
     */
    private static function over(array $ended): array
    {
        [$connection, $cause] = $ended;
        return [
            self::name($connection),
            self::withCause(Words::ended(), $cause),
            Words::time($connection->expiresAt),
            self::again(),
        ];
    }

    /**
     * Those whose last renewal failed, and is tried again by itself.
     *
     * @return list<list<string>>
     */
    private static function failing(Vault $vault): array
    {
        $query = ['event' => 'refresh_failed', 'since' => time() - self::SINCE, 'newest_first' => true];
        $rows = [];
        foreach ($vault->audit()->query($query + ['limit' => self::RECORDS]) as $record) {
            $connection = $record->connection === null || isset($rows[$record->connection])
                ? null
                : self::connection($vault, $record);
            $how = $connection === null ? null : $vault->refreshStatus($connection);
            // Of those that ran out for good more was said.
            $over = $connection?->status === Status::Expired && $how?->cause === self::REFUSED;
            if ($connection !== null && $how?->outcome === RefreshOutcome::Backoff && !$over) {
                $rows[$connection->id] = [
                    self::name($connection),
                    self::withCause(self::failed($how), $how->cause),
                    Words::time($record->at),
                    self::triedAgain($how),
                ];
            }
        }
        return array_values($rows);
    }

    private static function connection(Vault $vault, AuditRecord $record): ?ConnectionInfo
    {
        $query = ['provider' => $record->details['provider'] ?? '', 'owner' => $record->subject ?? ''];
        $query['account'] = $record->details['account'] ?? '';
        $found = in_array('', $query, true) ? null : $vault->find($query + ['limit' => 1])->rows[0] ?? null;
        return $found?->id === $record->connection ? $found : null;
    }

    private static function failed(Refreshed $how): string
    {
        /* translators: %d: a number. */
        return sprintf(__('its renewal fails, so many times by now: %d', 'datamachine-connections'), (int) $how->failures);
    }

    private static function triedAgain(Refreshed $how): string
    {
        return $how->until === null
            ? __('Look at the provider; it is not tried again before somebody asks for it.', 'datamachine-connections')
            /* translators: %s: a time. */
            : sprintf(__('Nothing: it is tried again at %s.', 'datamachine-connections'), Words::time($how->until));
    }

    private static function withCause(string $text, ?string $cause): string
    {
        return $cause === null || $cause === '' ? $text : "{$text} ({$cause})";
    }

    private static function name(ConnectionInfo $connection): string
    {
        return Words::account($connection->provider, $connection->owner, $connection->account);
    }
}
