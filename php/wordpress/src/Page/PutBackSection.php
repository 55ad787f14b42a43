<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Heads;

/**
 * Where the store is an earlier one than this site knew: who put it back may say so.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class PutBackSection
{
    public static function show(Vault $vault): Html
    {
        $last = Heads::putBack($vault);
        if ($last === null) {
            return Html::all();
        }
        /* translators: %s: a time. */
        $text = __('The store is older than it was at %s: a backup of it was put back, by you or by somebody else. What was saved in between is not in it, and grants that were taken back in between count again.', 'datamachine-connections');
        return Html::all(
            Parts::heading(__('The store is an earlier one', 'datamachine-connections')),
            Parts::notice('error', sprintf($text, Words::time($last->at))),
            Parts::text(__('If nobody of you did that, find out who did before anything else. If it was you, look through the grants below, connect again what does not work, and say so:', 'datamachine-connections')),
            Parts::form('put_back', __('That was us: it counts as it is', 'datamachine-connections'))
        );
    }
}
