<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A small disk in place of a directory, with what was in it. Only root can mount one.
 */
final class Disk
{
    private bool $mounted = true;

    /**
     * @param string $path a directory; php-fpm has to be restarted where it has files open there
     * @param string $size as tmpfs takes it: `1m`
     */
    public function __construct(private readonly string $path, string $size)
    {
        $copy = "{$path}.before";
        rename($path, $copy);
        mkdir($path);
        Command::run('mount', '-t', 'tmpfs', '-o', "mode=0700,size={$size}", 'tmpfs', $path);
        Command::run('cp', '-a', "{$copy}/.", $path);
        Files::remove($copy);
    }

    /** Leaves no room on it. */
    public function fill(): void
    {
        $ballast = fopen($this->ballast(), 'a');
        while (@fwrite($ballast, str_repeat("\0", 4096)) === 4096) {
            // Until it is full.
        }
        fclose($ballast);
    }

    /** Makes the room again. */
    public function free(): void
    {
        unlink($this->ballast());
    }

    /** Makes it read-only; nobody may have files open there for writing. */
    public function protect(): void
    {
        Command::run('mount', '-o', 'remount,ro', $this->path);
    }

    /** Makes it writable again. */
    public function unprotect(): void
    {
        Command::run('mount', '-o', 'remount,rw', $this->path);
    }

    /** The directory is empty then. */
    public function unmount(): void
    {
        if ($this->mounted) {
            Command::run('umount', '-l', $this->path);
            $this->mounted = false;
        }
    }

    private function ballast(): string
    {
        return "{$this->path}/ballast";
    }
}
