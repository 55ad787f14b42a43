<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Options;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\KeySource;
use DataMachine\Connections\WordPress\Migration\Migration;
use DataMachine\Connections\WordPress\Migration\Progress;
use DataMachine\Connections\WordPress\Migration\Rollback;
use DataMachine\Connections\WordPress\SiteIdentity;
use DataMachine\Connections\WordPress\Store;

/**
 * The buttons of a migration, and of the way back.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class Moving
{
    /** How long one request takes accounts over; the page goes on with the next. */
    private const SECONDS = 5.0;

    public static function prepare(): Said
    {
        Migration::prepare();
        return Said::done(__('The store is there. Below is what would be moved; nothing was moved yet.', 'datamachine-connections'));
    }

    /**
     * Begins anew with the place and the key that are set up by now. Only a store with nothing in it goes for that.
     */
    public static function elsewhere(): Said
    {
        $progress = Progress::read();
        if ($progress?->phase === Progress::PREPARED) {
            $place = Progress::place();
            if (!self::isEmpty($progress->anchor)) {
                /* translators: %s: a directory. */
                $text = __('The store in %s was not deleted: it is not empty, or its key is not there any more. If it is of no use, delete that directory, and try again.', 'datamachine-connections');
                throw new Refusal('not_empty', sprintf($text, $place->directory));
            }
            $place->destroy();
            Progress::forget();
        }
        return self::prepare();
    }

    /** Whether it opens with the key that it was made with, and holds nothing. */
    private static function isEmpty(Anchor $anchor): bool
    {
        if (!is_dir($anchor->path)) {
            return true;
        }
        try {
            $key = KeySource::look(null);
            $info = Vault::open(new Options(
                path: $anchor->path,
                site: SiteIdentity::current(),
                keys: $anchor->keyFile === null ? $key->keys() : null,
                keyFile: $anchor->keyFile,
                storeId: $anchor->storeId,
                clone: 'read',
            ))->info();
        } catch (ConnectionsException) {
            return false;
        }
        return $info->isEmpty();
    }

    public static function migrate(Input $input): ?Said
    {
        $limit = (int) ini_get('max_execution_time');
        $seconds = $limit > 0 ? min(self::SECONDS, $limit / 3) : self::SECONDS;
        $progress = Migration::prepare()->run($seconds, $input->by());
        // Until it is done, the page says how far it is, and goes on by itself.
        return $progress->phase === Progress::DONE ? self::moved() : null;
    }

    /**
     * Goes on with a store that this database does not know of.
     */
    public static function resume(): Said
    {
        $anchor = Migration::resume();
        /* translators: %s: a directory. */
        $text = __('The store in %s is in charge again. What the option had beside it is taken over.', 'datamachine-connections');
        return Said::done(sprintf($text, $anchor->path));
    }

    private static function moved(): Said
    {
        // This request began before there was a store to be asked.
        $info = Store::of(Belonging::anchor())->vault()->info();
        /* translators: 1: a number of accounts, 2: a number of app configurations. */
        $text = __('The connections are moved: each was read back and is the same. Data Machine goes on with them as before. Accounts: %1$d, app configurations: %2$d.', 'datamachine-connections');
        return Said::done(sprintf($text, $info->connections, $info->configs));
    }

    public static function rollBack(Input $input): Said
    {
        $rollback = new Rollback(Belonging::vault(), Belonging::anchor());
        $report = $rollback->run($input->has('without'));
        /* translators: 1: a number of accounts, 2: a number of app configs. */
        $text = __('Rolled back. Data Machine\'s option has again: accounts: %1$d, app configurations: %2$d. The store stays where it is, and is not used.', 'datamachine-connections');
        return Said::done(sprintf($text, $report->accounts, $report->configs));
    }
}
