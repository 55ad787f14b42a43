<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Migration\Migration;
use DataMachine\Connections\WordPress\Migration\Progress;
use DataMachine\Connections\WordPress\Migration\Rollback;
use DataMachine\Connections\WordPress\Place;

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
        return Said::done(__('The store is there, and empty. Below is what would be moved. Nothing was moved yet.', 'datamachine-connections'));
    }

    /**
     * Begins anew at the place that wp-config.php names by now. Only a store into which nothing was moved goes.
     */
    public static function elsewhere(): Said
    {
        $progress = Progress::read();
        if ($progress?->phase === Progress::PREPARED) {
            Place::at(dirname($progress->anchor->path))->destroy();
            Progress::forget();
        }
        return self::prepare();
    }

    public static function migrate(Input $input): ?Said
    {
        $limit = (int) ini_get('max_execution_time');
        $seconds = $limit > 0 ? min(self::SECONDS, $limit / 3) : self::SECONDS;
        $progress = Migration::prepare()->run($seconds, $input->by());
        return $progress->phase === Progress::DONE
            ? Said::done(__('The connections are moved: each was read back and is the same. Data Machine goes on with them as before.', 'datamachine-connections'))
            // The page says how far it is, and goes on by itself.
            : null;
    }

    public static function rollBack(Input $input): Said
    {
        $rollback = new Rollback(Belonging::vault(), Belonging::anchor());
        $report = $rollback->run($input->has('without'));
        /* translators: 1: a number of accounts, 2: a number of app configs. */
        $text = __('Rolled back. Data Machine\'s option has everything again: accounts: %1$d, app configs: %2$d. The store stays where it is, and is not used.', 'datamachine-connections');
        return Said::done(sprintf($text, $report->accounts, $report->configs));
    }
}
