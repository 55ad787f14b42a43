<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * PHP has no FFI extension.
 */
final class ExtensionMissingException extends LibraryException
{
    public function __construct()
    {
        parent::__construct(
            'PHP\'s FFI extension is not loaded. Enable it (Debian and Ubuntu: phpenmod ffi; elsewhere a PHP built '
            . '--with-ffi and "extension=ffi" in php.ini), then restart PHP.'
        );
    }
}
