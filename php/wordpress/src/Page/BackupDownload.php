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
    /** As all names of the store's files begin, so that the plugin's deletion finds what a kill left. */
    private const PREFIX = 'connections.sqlite-backup-';
    /** After how many seconds nobody is at it any more. */
    private const LEFT = 3600;

    public static function send(): never
    {
        $vault = Belonging::vault();
        // Nobody else looks there, and there is place for it: a system's own directory may be anybody's.
        $directory = Belonging::anchor()->store();
        self::sweep($directory);
        $file = "{$directory}/" . self::PREFIX . bin2hex(random_bytes(16));
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

    /** What a process left that was killed. */
    private static function sweep(string $directory): void
    {
        foreach (glob("{$directory}/" . self::PREFIX . '*') ?: [] as $file) {
            if (time() - (int) @filemtime($file) > self::LEFT) {
                @unlink($file);
            }
        }
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
