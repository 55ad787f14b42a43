<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\LeftOut;
use DataMachine\Connections\WordPress\Migration\Rollback;
use DataMachine\Connections\WordPress\Plugin;

/**
 * The way back: first what it would leave out, then the button.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class RollbackView
{
    private const ROWS = 200;

    public static function offer(): Html
    {
        return Html::all(
            Parts::heading(__('Roll back', 'datamachine-connections')),
            Parts::text(__('Everything goes back into Data Machine\'s option as it is by then, and the site runs as without this plugin. Nothing happens before you have seen what the option would not have.', 'datamachine-connections')),
            Parts::text(Html::tag('a', [
                'class' => 'button',
                'href' => add_query_arg('step', 'roll-back', Plugin::page()),
            ], __('Look what rolling back would do', 'datamachine-connections')))
        );
    }

    public static function show(): Html
    {
        $vault = Belonging::vault();
        $info = $vault->info();
        $report = (new Rollback($vault, Belonging::anchor()))->look();
        /* translators: 1: a number, 2: a number. */
        $counts = __('The option would have again: accounts: %1$d, app configurations: %2$d.', 'datamachine-connections');
        return Html::all(
            Parts::heading(__('Roll back', 'datamachine-connections')),
            Parts::text(sprintf($counts, $report->accounts, $report->configs)),
            self::leftOut($report->leftOut),
            $info->clone ? self::copy($info->site) : Html::all(),
            Parts::heading(__('What happens', 'datamachine-connections'), 3),
            Parts::list([
                __('The accounts are written into the option in WordPress\'s database, as Data Machine keeps them: by its rules some secrets in them are not encrypted.', 'datamachine-connections'),
                __('Agents are no longer asked for grants; those of mailboxes become delegations again.', 'datamachine-connections'),
                __('The store stays where it is, and is not used. What Data Machine saves afterwards is in the option only.', 'datamachine-connections'),
            ]),
            self::form($report->leftOut !== []),
            Parts::text(Parts::link(Plugin::page(), __('Leave it as it is', 'datamachine-connections')))
        );
    }

    /**
     * @param list<LeftOut> $leftOut
     */
    private static function leftOut(array $leftOut): Html
    {
        if ($leftOut === []) {
            return Parts::notice('success', __('Nothing would be left out.', 'datamachine-connections'));
        }
        $rows = array_map(static fn (LeftOut $one): array => [
            $one->provider === null || $one->owner === null
                ? implode(' › ', $one->path ?? [$one->kind])
                : Words::account($one->provider, $one->owner, $one->account ?? 'default'),
            $one->member ?? __('all of it', 'datamachine-connections'),
            $one->why,
        ], array_slice($leftOut, 0, self::ROWS));
        /* translators: %d: a number. */
        $text = __('The option would not have what is listed here. It stays in the store, where nothing reads it then. Entries: %d', 'datamachine-connections');
        return Html::all(
            Parts::notice('warning', sprintf($text, count($leftOut))),
            Parts::table(__('What the option would not have', 'datamachine-connections'), [
                __('What', 'datamachine-connections'),
                __('Which part', 'datamachine-connections'),
                __('Why', 'datamachine-connections'),
            ], $rows)
        );
    }

    private static function copy(string $site): Html
    {
        /* translators: %s: the site that the store belongs to. */
        $text = __('This site is a copy of %s. After a rollback nothing keeps it from renewing the accounts, and that logs the other site out.', 'datamachine-connections');
        return Parts::notice('warning', sprintf($text, $site));
    }

    private static function form(bool $without): Html
    {
        $id = 'datamachine_connections_without';
        $box = ['type' => 'checkbox', 'name' => 'without', 'value' => '1', 'id' => $id, 'required' => true];
        $label = __('Go without what is listed above', 'datamachine-connections');
        return Parts::form(
            'roll_back',
            __('Roll back', 'datamachine-connections'),
            [],
            'primary',
            '',
            $without
                ? Parts::text(Html::tag('input', $box), ' ', Html::tag('label', ['for' => $id], $label))
                : Html::all()
        );
    }
}
