<?php

/**
 * For php.ini: `opcache.preload=/path/to/php/preload.php`. Under `ffi.enable=preload`, PHP's default, only preloaded
 * code may use FFI, and this one file is all of ours that does. It takes no path and no header from its callers, so
 * preloading it lets no other code load or declare anything. That is a hurdle and no wall: code that may write to
 * this directory can put another header or library there, and reflection reaches the memory that PHP shares with the
 * library. A preload script of your own may `require` this one.
 */

declare(strict_types=1);

require_once __DIR__ . '/src/Native/Library.php';
