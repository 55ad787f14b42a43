<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\WordPress\SiteIdentity;

/**
 * Sends a copy of the store. Nothing in it opens without the key, which is not in it.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class BackupDownload
{
    public static function send(): never
    {
        $vault = Belonging::vault();
        // Beside the store nobody else looks, and there is place for it: a system's own directory may be anybody's.
        $directory = dirname(Belonging::anchor()->store());
        $file = "{$directory}/backup-" . bin2hex(random_bytes(16)) . '.sqlite';
        try {
            $vault->backup($file);
            // Silenced: open_basedir may hide what the library wrote.
            $copy = @fopen($file, 'rb');
        } finally {
            // What is open can still be read, and is gone with this request, however that ends.
            @unlink($file);
        }
        if ($copy === false) {
            /* translators: %s: a directory. */
            $text = __('The backup cannot be read: PHP may not look into %s (open_basedir).', 'datamachine-connections');
            throw new Refusal('not_readable', sprintf($text, $directory));
        }
        self::stream($copy);
        exit;
    }

    /**
     * @param resource $copy
     */
    private static function stream(mixed $copy): void
    {
        function_exists('set_time_limit') && @set_time_limit(0);
        while (ob_get_level() > 0) {
            ob_end_clean();
        }
        $site = trim((string) preg_replace('~[^a-z0-9.-]+~', '-', SiteIdentity::current()), '-');
        nocache_headers();
        header('Content-Type: application/vnd.sqlite3');
        header("Content-Disposition: attachment; filename=\"connections-{$site}-" . gmdate('Ymd-His') . '.sqlite"');
        header('Content-Length: ' . (fstat($copy)['size'] ?? 0));
        header('X-Content-Type-Options: nosniff');
        fpassthru($copy);
    }
}
