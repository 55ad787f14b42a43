<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The library that was found is of another release than these PHP files.
 */
final class LibraryMismatchException extends LibraryException
{
    /**
     * @param string $found    the library's version
     * @param string $expected the version of these files
     */
    public function __construct(string $found, string $expected)
    {
        parent::__construct(
            "libdm_connections {$found} was found, and the PHP files are of {$expected}. Install both of one release."
        );
    }
}
