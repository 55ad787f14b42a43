<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\KeySource;

/**
 * A copy of the store to take away, and what else has to be kept.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class BackupSection
{
    public static function show(Anchor $anchor): Html
    {
        $keyFile = $anchor->keyFile();
        $file = KeySource::look($keyFile)->kind === KeySource::FILE;
        /* translators: %s: where the key is. */
        $key = __('The key is not in it: it is %s. Without it nobody can open the copy, you neither. Keep it somewhere else, once, and as long as copies of its time.', 'datamachine-connections');
        return Html::all(
            Parts::heading(__('Backup', 'datamachine-connections')),
            Parts::text(__('An ordinary backup of the site\'s database does not hold the connections. The button downloads a copy of the store as it is now; the site runs on meanwhile.', 'datamachine-connections')),
            Parts::text(sprintf($key, PlaceSection::key($anchor))),
            $file ? Parts::lines(['sudo cp -p ' . escapeshellarg((string) $keyFile) . ' /somewhere/else/']) : Html::all(),
            Parts::form('backup', __('Download a copy of the store', 'datamachine-connections')),
            self::restore($anchor)
        );
    }

    private static function restore(Anchor $anchor): Html
    {
        $store = $anchor->store();
        return Parts::details(
            __('How to put a copy back …', 'datamachine-connections'),
            Parts::text(__('As the web server\'s user, with the downloaded file as copy.sqlite. The site may run meanwhile. What was saved since the copy was made is gone by that, and accounts that were renewed since may have to be connected again.', 'datamachine-connections')),
            Parts::lines([
                'cd ' . escapeshellarg($store),
                'umask 077',
                'cp /path/to/copy.sqlite connections.sqlite.new && sync connections.sqlite.new &&',
                "flock -w 60 gate.lock flock -w 60 store.lock sh -c '",
                '    rm -f connections.sqlite-journal &&',
                "    mv connections.sqlite.new connections.sqlite' && sync .",
            ])
        );
    }
}
