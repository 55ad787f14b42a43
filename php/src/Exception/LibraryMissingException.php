<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

use DataMachine\Connections\Native\SharedObject;

/**
 * There is no library that can be loaded.
 */
final class LibraryMissingException extends LibraryException
{
    /**
     * @param string       $setting the php.ini entry that names the library; without places, what names it, and where
     * @param list<string> $places  where it was looked for; none where what is named is not an absolute path
     */
    public function __construct(string $setting, array $places)
    {
        parent::__construct($places === []
            ? "{$setting} has to be one absolute path, such as /usr/local/lib/libdm_connections.so.0."
            : 'libdm_connections cannot be loaded. Looked for: ' . implode(', ', array_map(self::seen(...), $places))
            . ". Install it there (make install), or name its absolute path in php.ini: {$setting}=/path/to/library.");
    }

    private static function seen(string $place): string
    {
        return match (true) {
            SharedObject::isCutOff($place) => "{$place} (there, but cut off: copy it once more)",
            // Silenced: open_basedir may forbid to look.
            @is_file($place) => "{$place} (there, but made for another system: see what `ldd` says)",
            default => $place,
        };
    }
}
