<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

// By name, as in Library.
use function file_get_contents;
use function filesize;
use function str_starts_with;
use function strlen;
use function unpack;

/**
 * A library as it lies on the disk.
 *
 * @internal
 */
final class SharedObject
{
    /** As much of a file as says where it ends: the ELF header of 64-bit systems (gABI, "ELF Header"). */
    private const HEADER = 64;

    /**
     * Whether the rest of it is missing, as after an upload that was broken off: to load it ends the process (SIGBUS,
     * where the loader writes into a page that is not there) and with it the request, whatever that was about.
     *
     * False for all that is no 64-bit little-endian ELF file, and for what may not be read here: the loader says more.
     */
    public static function isCutOff(string $file): bool
    {
        // Silenced: open_basedir may forbid it.
        $header = (string) @file_get_contents($file, length: self::HEADER);
        if (!str_starts_with($header, "\x7fELF\x02\x01")) {
            return false;
        }
        if (strlen($header) < self::HEADER) {
            return true;
        }
        // The section header table comes last: e_shoff, e_shentsize, e_shnum.
        $table = unpack('@40/Poffset/@58/vsize/vcount', $header);
        return @filesize($file) < $table['offset'] + $table['size'] * $table['count'];
    }
}
