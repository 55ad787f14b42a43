<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\ImportEntry;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\ImportReport;

/**
 * What a migration would do, for who looks after a site: how many of what, then what is out of the ordinary, then all.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class DryRunView
{
    /** The most rows of one table. */
    private const ROWS = 200;

    public static function show(ImportReport $report): Html
    {
        if ($report->entries === []) {
            return Parts::text(__('Data Machine\'s option is empty: no account is connected yet. Moving takes a moment, and what is connected later goes into the store at once.', 'datamachine-connections'));
        }
        return Html::all(
            self::summary($report),
            self::byProvider($report),
            self::odd($report),
            self::delegations($report),
            self::all($report)
        );
    }

    private static function summary(ImportReport $report): Html
    {
        $kinds = array_count_values(array_map(self::kind(...), $report->entries));
        $grants = array_filter($report->delegations, static fn ($one): bool => $one->outcome === ImportOutcome::Imported);
        return Parts::list(array_values(array_filter([
            /* translators: %d: a number. */
            sprintf(__('Accounts: %d', 'datamachine-connections'), $kinds['connection'] ?? 0),
            /* translators: %d: a number. */
            sprintf(__('App configurations (client ids and secrets): %d', 'datamachine-connections'), $kinds['config'] ?? 0),
            self::counted($report, ImportOutcome::Unchanged, __('Already in the store, and the same: %d', 'datamachine-connections')),
            self::counted($report, ImportOutcome::Differs, __('In the store and older there, to be brought up to date: %d', 'datamachine-connections')),
            self::counted($report, ImportOutcome::Kept, __('Kept as it is, because it is no account (it stays readable where it was): %d', 'datamachine-connections')),
            self::counted($report, ImportOutcome::Quarantined, __('With something in it that the site\'s salts do not open, so nobody can use that today either (it is kept sealed): %d', 'datamachine-connections')),
            $report->delegations === [] ? '' : sprintf(
                /* translators: 1: a number, 2: a number. */
                __('Delegations of mailboxes to agents that become grants: %1$d of %2$d', 'datamachine-connections'),
                count($grants),
                count($report->delegations)
            ),
        ])));
    }

    private static function counted(ImportReport $report, ImportOutcome $outcome, string $text): string
    {
        $count = $report->counts[$outcome->value] ?? 0;
        return $count === 0 ? '' : sprintf($text, $count);
    }

    private static function byProvider(ImportReport $report): Html
    {
        $none = ['connection' => 0, 'config' => 0, 'odd' => 0];
        $providers = [];
        foreach ($report->entries as $entry) {
            $provider = $entry->provider ?? $entry->path[0] ?? '';
            $providers[$provider] ??= $none;
            $kind = self::kind($entry);
            $providers[$provider][$kind]++;
            $providers[$provider]['odd'] += $kind !== 'odd' && self::isOdd($entry) ? 1 : 0;
        }
        ksort($providers);
        $rows = [];
        foreach ($providers as $provider => $counts) {
            $rows[] = [(string) $provider, ...array_map(strval(...), array_values($counts))];
        }
        return Parts::table(__('What would be moved, by provider', 'datamachine-connections'), [
            __('Provider', 'datamachine-connections'),
            __('Accounts', 'datamachine-connections'),
            __('App configurations', 'datamachine-connections'),
            __('Out of the ordinary', 'datamachine-connections'),
        ], $rows);
    }

    /** What somebody should look at. */
    private static function odd(ImportReport $report): Html
    {
        $rows = array_map(self::row(...), array_values(array_filter($report->entries, self::isOdd(...))));
        return $rows === [] ? Html::all() : Html::all(
            Parts::heading(__('Out of the ordinary', 'datamachine-connections'), 3),
            Parts::text(__('None of it keeps the rest from being moved, and none of it is lost: rolling back gives all of it back as it was.', 'datamachine-connections')),
            self::limited(__('Entries that are out of the ordinary', 'datamachine-connections'), $rows)
        );
    }

    private static function delegations(ImportReport $report): Html
    {
        if ($report->delegations === []) {
            return Html::all();
        }
        $rows = [];
        foreach ($report->delegations as $one) {
            $rows[] = [$one->name, self::outcome($one->outcome, __('becomes a grant', 'datamachine-connections')), $one->why];
        }
        $summary = __('Delegations of mailboxes, one by one', 'datamachine-connections');
        return Parts::details($summary, self::limited($summary, $rows));
    }

    private static function all(ImportReport $report): Html
    {
        $summary = __('Every entry', 'datamachine-connections');
        return Parts::details($summary, self::limited($summary, array_map(self::row(...), $report->entries)));
    }

    /** What comes of it: an account, an app configuration, or neither. */
    private static function kind(ImportEntry $entry): string
    {
        $is = in_array($entry->kind, ['connection', 'config'], true) && $entry->outcome !== ImportOutcome::Kept;
        return $is ? $entry->kind : 'odd';
    }

    private static function isOdd(ImportEntry $entry): bool
    {
        return $entry->members !== []
            || in_array($entry->outcome, [ImportOutcome::Kept, ImportOutcome::Quarantined], true);
    }

    /**
     * @return list<string|Html>
     */
    private static function row(ImportEntry $entry): array
    {
        // What became of its members says more than that something did.
        $why = $entry->members === [] ? [$entry->why] : [];
        foreach ($entry->members as $member) {
            $why[] = "{$member->name}: {$member->why}";
        }
        return [
            implode(' › ', $entry->path),
            $entry->owner === null ? '' : Words::owner($entry->owner),
            self::outcome($entry->outcome, __('moved', 'datamachine-connections')),
            // The library's own word for what the column before says.
            $entry->outcome === ImportOutcome::Imported && $entry->members === [] ? '' : implode(' ', $why),
        ];
    }

    private static function outcome(ImportOutcome $outcome, string $imported): string
    {
        return match ($outcome) {
            ImportOutcome::Imported => $imported,
            ImportOutcome::Unchanged => __('is there already', 'datamachine-connections'),
            ImportOutcome::Differs => __('brought up to date', 'datamachine-connections'),
            ImportOutcome::Quarantined => __('moved, but for what does not open', 'datamachine-connections'),
            ImportOutcome::Kept => __('kept as it is', 'datamachine-connections'),
        };
    }

    /**
     * @param list<list<string|Html>> $rows
     */
    private static function limited(string $caption, array $rows): Html
    {
        $heads = count($rows[0] ?? []) === 4
            ? [
                __('Where in the option', 'datamachine-connections'),
                __('Whose', 'datamachine-connections'),
                __('What becomes of it', 'datamachine-connections'),
                __('Why', 'datamachine-connections'),
            ]
            : [
                __('Delegation', 'datamachine-connections'),
                __('What becomes of it', 'datamachine-connections'),
                __('Why', 'datamachine-connections'),
            ];
        /* translators: %d: a number. */
        $more = __('And more that are not shown: %d', 'datamachine-connections');
        $hidden = count($rows) - self::ROWS;
        return Html::all(
            Parts::table($caption, $heads, array_slice($rows, 0, self::ROWS)),
            $hidden > 0 ? Parts::text(sprintf($more, $hidden)) : Html::all()
        );
    }
}
