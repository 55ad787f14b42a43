<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\Mode;
use DataMachine\Connections\Proposal;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Plugin;

/**
 * What agents may do with the accounts: the mode, and what it found.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class ModeSection
{
    /** The most proposals of the page: those that were accepted make place for others. */
    private const ROWS = 100;
    /** For how long after the move an empty list says little, in seconds. */
    private const EARLY = 2 * DAY_IN_SECONDS;

    public static function show(Vault $vault, Anchor $anchor): Html
    {
        $mode = $anchor->mode;
        $proposals = self::first($vault);
        $nothing = $proposals === [];
        return Html::all(
            Parts::heading(__('What agents may use', 'datamachine-connections')),
            // What nobody sees is no reason to enforce.
            self::mode($mode, $nothing, !self::sees() || time() - (int) $anchor->migratedAt < self::EARLY),
            Parts::heading(__('Asked for, and not granted', 'datamachine-connections'), 3),
            $nothing
                ? Parts::text(self::sees()
                    ? __('Nothing. What an agent asks for and has no grant for is listed here.', 'datamachine-connections')
                    : __('Nothing.', 'datamachine-connections'))
                : self::proposals($proposals, $mode)
        );
    }

    /** Whether what agents ask for is seen: our classes ask the grants, Data Machine's own do not. */
    private static function sees(): bool
    {
        return Plugin::dropins()?->stand() !== false;
    }

    /**
     * @return list<Proposal> one more than are shown, where there are more
     */
    private static function first(Vault $vault): array
    {
        $first = [];
        foreach ($vault->access()->proposals() as $proposal) {
            $first[] = $proposal;
            if (count($first) > self::ROWS) {
                break;
            }
        }
        return $first;
    }

    /**
     * @param bool $nothing whether the list is empty
     * @param bool $early   whether that says little yet
     */
    private static function mode(Mode $mode, bool $nothing, bool $early): Html
    {
        if ($mode === Mode::Enforce) {
            return Html::all(
                Parts::text(Html::tag('strong', [], __('Enforced:', 'datamachine-connections')), ' ', self::sees()
                    ? __('an agent gets an account only where a grant lets it. What is refused is listed below, and can be granted.', 'datamachine-connections')
                    : __('an agent gets an account only where a grant lets it.', 'datamachine-connections')),
                Parts::form('mode', __('Only observe', 'datamachine-connections'), ['mode' => Mode::Observe->value])
            );
        }
        $advice = match (true) {
            !self::sees() => __('Data Machine\'s own classes run on this site, and these say nothing of what an agent asks for: nothing is listed below, whatever is asked. Give grants by hand before you enforce.', 'datamachine-connections'),
            $nothing && $early => __('Let your agents do their usual work for some days, and look here then.', 'datamachine-connections'),
            $nothing => __('The list below is empty. If your agents have done all their usual work since the connections were moved, it is time to enforce.', 'datamachine-connections'),
            default => __('Go through the list below first: accept what is meant to be, dismiss what is not. When it stays empty, enforce.', 'datamachine-connections'),
        };
        return Html::all(
            Parts::text(Html::tag('strong', [], __('Only observed:', 'datamachine-connections')), ' ', self::sees()
                ? __('agents get every account, as without this plugin. What would have been refused is listed below, with the grant that is missing.', 'datamachine-connections')
                : __('agents get every account, as without this plugin.', 'datamachine-connections')),
            Parts::text($advice),
            Parts::form(
                'mode',
                __('Enforce', 'datamachine-connections'),
                ['mode' => Mode::Enforce->value],
                $nothing && !$early ? 'primary' : 'secondary'
            )
        );
    }

    /**
     * @param list<Proposal> $proposals
     */
    private static function proposals(array $proposals, Mode $mode): Html
    {
        $more = count($proposals) > self::ROWS;
        $heads = [
            __('The grant that is missing', 'datamachine-connections'),
            $mode === Mode::Enforce
                ? __('Refused', 'datamachine-connections')
                : __('Would have been refused', 'datamachine-connections'),
            __('Decide', 'datamachine-connections'),
        ];
        return Html::all(
            Parts::table(__('Asked for, and not granted', 'datamachine-connections'), $heads, array_map(self::row(...), array_slice($proposals, 0, self::ROWS))),
            $more ? Parts::text(__('There are more; they are shown when these are decided.', 'datamachine-connections')) : Html::all()
        );
    }

    /**
     * @return list<string|Html>
     */
    private static function row(Proposal $proposal): array
    {
        $decision = $proposal->decision;
        $terms = $proposal->grant;
        $what = $terms === null
            ? Words::account($decision->provider, (string) $decision->owner, (string) $decision->account)
            : Words::grant(
                $terms + ['provider' => $decision->provider, 'owner' => $decision->owner],
                $decision->account
            );
        /* translators: 1: a number, 2: a time. */
        $seen = _n('%1$d time, on %2$s', '%1$d times, last on %2$s', $proposal->count, 'datamachine-connections');
        return [
            $terms === null
                ? sprintf('%s: %s', $what, __('no grant would help', 'datamachine-connections'))
                : $what,
            Html::all(
                sprintf($seen, $proposal->count, Words::time($proposal->lastAt)),
                // That there is no grant is what the first cell says.
                ...($decision->reason === 'no_grant' ? [] : [Html::tag('br'), (string) $decision->message])
            ),
            self::buttons($proposal->id, $what, $terms !== null),
        ];
    }

    private static function buttons(string $id, string $what, bool $grantable): Html
    {
        $id = ['id' => $id];
        $accept = __('Accept', 'datamachine-connections');
        $dismiss = __('Dismiss', 'datamachine-connections');
        return Html::tag(
            'div',
            ['style' => 'white-space:nowrap'],
            $grantable ? Parts::form('accept', $accept, $id, 'primary', "{$accept}: {$what}") : Html::all(),
            Parts::form('dismiss', $dismiss, $id, 'secondary', "{$dismiss}: {$what}")
        );
    }
}
