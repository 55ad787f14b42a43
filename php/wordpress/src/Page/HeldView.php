<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Host;
use DataMachine\Connections\WordPress\Problem;

/**
 * The page where the store cannot be used: what is wrong, and only what mends it.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class HeldView
{
    public static function show(Problem $problem, ?Anchor $anchor): Html
    {
        return Html::all(
            Parts::heading(__('The connections cannot be reached', 'datamachine-connections')),
            Parts::problem($problem),
            Parts::text(__('Until that is mended, no account is used, changed or lost: Data Machine finds none, and whatever is saved is refused. The rest of the site runs as always. Put right, everything is there again.', 'datamachine-connections')),
            $anchor !== null && $problem->code === Problem::OTHER_SERVER ? self::server($anchor) : Html::all(),
            $anchor === null ? Html::all() : Html::all(
                Parts::heading(__('What is expected', 'datamachine-connections')),
                PlaceSection::facts($anchor)
            ),
            DestroySection::show(null)
        );
    }

    private static function server(Anchor $anchor): Html
    {
        $here = Host::now($anchor->store())->name;
        /* translators: %s: name of the server. */
        $button = sprintf(__('%s is the server now', 'datamachine-connections'), $here);
        return Html::all(
            Parts::heading(__('Has the site moved here?', 'datamachine-connections')),
            Parts::text(__('If this is the site\'s new server, and the old one does not run any more, say so: the store that lies here is used from then on.', 'datamachine-connections')),
            Parts::text(__('If several servers answer for this site, do not: each of them would have a store of its own, and they would log each other out of the accounts. All of them need the same directory on a file system that is no network file system, or only one of them may run this plugin.', 'datamachine-connections')),
            Parts::form('this_server', $button, class: 'primary')
        );
    }
}
