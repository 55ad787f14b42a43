<?php

/**
 * What the first read of a request consists of, step by step. Answers microseconds.
 */

declare(strict_types=1);

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Native\Library;

require __DIR__ . '/boot.php';

$times = [];
$took = static function (string $step) use (&$times): void {
    static $since = null;
    $now = hrtime(true);
    if ($since !== null) {
        $times[$step] = ($now - $since) / 1000;
    }
    $since = hrtime(true);
};
$took('');
$subject = $provider['ours']();
$took('load the provider and its base');
class_exists(Library::class);
$took('load Library');
Closure::bind(static fn () => self::load(), null, Library::class)();
$took('declare the library to PHP');
$vault = Runtime::vault();
$took('open the vault');
Closure::bind(static fn () => self::outputs(self::$ffi), null, Library::class)();
$took('outputs');
$vault->get('reddit', 'site:0');
$took('first get of the vault');
$vault->get('reddit', 'site:0');
$took('second get');
$subject->get_site_account();
$took('first get_site_account()');
$subject->get_site_account();
$took('get_site_account() again');
$lean = file_get_contents(dirname((new ReflectionClass(Library::class))->getFileName()) . '/dm_connections.h');
$took('read header');
$ffi=1;
$took('cdef lean');
echo json_encode([$times, get_included_files()]);
