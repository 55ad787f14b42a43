<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Migration;

use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Window\OptionRow;

/**
 * What is changed in WordPress's database as one, while nobody else writes the old option, where the database can lock
 * a row.
 *
 * @internal
 */
final class Switching
{
    /**
     * @template T
     * @param \Closure(?string): T $do is given what the row holds, serialised; null where there is none
     *
     * @return T
     */
    public static function of(OptionRow $row, #[\SensitiveParameter] \Closure $do): mixed
    {
        $database = $GLOBALS['wpdb'];
        $database->query('START TRANSACTION');
        try {
            $done = $do($row->raw(lock: true));
            $database->query('COMMIT');
            return $done;
        } catch (\Throwable $thrown) {
            $database->query('ROLLBACK');
            throw $thrown;
        } finally {
            // Another process may have looked in between, and a persistent cache kept what it saw.
            Anchor::forget();
            $row->uncache();
        }
    }
}
