<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\FpmMaster;

/**
 * Files of a site, which are the workers' own.
 */
final class Files
{
    /** Puts another file in its place, as an editor does: who reads it sees the old one or the new one. */
    public static function put(string $path, string $contents): void
    {
        file_put_contents("{$path}.new", $contents);
        self::giveAway("{$path}.new");
        rename("{$path}.new", $path);
    }

    /** Copies a file, or a directory with what is in it. Times are kept: opcache takes no file that is new. */
    public static function copy(string $from, string $to): void
    {
        $made = $to;
        while (!is_dir(dirname($made))) {
            $made = dirname($made);
        }
        if ($made !== $to) {
            mkdir(dirname($to), recursive: true);
        }
        self::duplicate($from, $to);
        self::giveAway($made);
    }

    /** Makes it the workers' own, where they are somebody else. */
    public static function giveAway(string $path): void
    {
        $user = FpmMaster::user();
        if ($user !== null) {
            FpmMaster::giveTo($user, $path);
        }
    }

    public static function remove(string $path): void
    {
        if (is_dir($path) && !is_link($path)) {
            foreach (array_diff(scandir($path) ?: [], ['.', '..']) as $name) {
                self::remove("{$path}/{$name}");
            }
            rmdir($path);
        } elseif (is_link($path) || file_exists($path)) {
            unlink($path);
        }
    }

    /** The one path that matches a pattern. */
    public static function only(string $pattern): string
    {
        $found = glob($pattern) ?: [];
        if (count($found) !== 1) {
            throw new \RuntimeException("{$pattern}: " . count($found) . ' of them.');
        }
        return $found[0];
    }

    /** Makes a directory anew with the files that were in it, as a backup is put back: it is another one (inode). */
    public static function again(string $directory): void
    {
        $new = "{$directory}.again";
        mkdir($new, (int) fileperms($directory) & 0777);
        chown($new, (int) fileowner($directory));
        foreach (self::below($directory) as $file) {
            rename($file, "{$new}/" . basename($file));
        }
        rmdir($directory);
        rename($new, $directory);
    }

    /**
     * All regular files below a directory; links are not followed.
     *
     * @return list<string>
     */
    public static function below(string $directory): array
    {
        $files = [];
        foreach (is_dir($directory) ? array_diff(scandir($directory) ?: [], ['.', '..']) : [] as $name) {
            $path = "{$directory}/{$name}";
            if (is_dir($path) && !is_link($path)) {
                array_push($files, ...self::below($path));
            } elseif (is_file($path) && !is_link($path)) {
                $files[] = $path;
            }
        }
        return $files;
    }

    private static function duplicate(string $from, string $to): void
    {
        if (!is_dir($from)) {
            copy($from, $to);
            touch($to, (int) filemtime($from));
            return;
        }
        if (!is_dir($to)) {
            mkdir($to, recursive: true);
        }
        foreach (array_diff(scandir($from) ?: [], ['.', '..']) as $name) {
            self::duplicate("{$from}/{$name}", "{$to}/{$name}");
        }
    }
}
