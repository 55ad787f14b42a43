<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The setting `ffi.enable` does not let this script use FFI.
 */
final class FfiForbiddenException extends LibraryException
{
    /**
     * @param string $preload the file to preload
     */
    public function __construct(string $preload)
    {
        parent::__construct(
            'php.ini forbids FFI here (ffi.enable=' . var_export(ini_get('ffi.enable'), true) . '). Either keep '
            . "ffi.enable=preload and set opcache.preload={$preload} (with opcache.preload_user where PHP starts as "
            . 'root), or set ffi.enable=true. Then restart PHP.'
        );
    }
}
