<?php

/**
 * For php.ini: `opcache.preload=/path/to/php/preload.php`. Under `ffi.enable=preload`, PHP's default, only preloaded
 * code may use FFI, and this one file is all of ours that does. It takes no path and no header from its callers, so
 * preloading it gives no other code a way to FFI. A preload script of your own may `require` this one.
 */

declare(strict_types=1);

require_once __DIR__ . '/src/Native/Library.php';
