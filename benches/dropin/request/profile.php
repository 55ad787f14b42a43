<?php

/**
 * What the first read of a request consists of, on the vault. Answers microseconds by step.
 */

declare(strict_types=1);

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Native\Library;

require __DIR__ . '/boot.php';

/** Otherwise called by what calls the library first. */
$load = new ReflectionMethod(Library::class, 'load');

$times = [hrtime(true)];
$ours = $provider['ours']();
$times['the provider and its base are loaded'] = hrtime(true);
$load->invoke(null);
$times['the library is declared to PHP'] = hrtime(true);
Runtime::vault();
$times['the vault is opened'] = hrtime(true);
$call['ours']['site']($ours);
$times['the account is read'] = hrtime(true);
$call['ours']['site']($ours);
$times['(the same once more)'] = hrtime(true);

$took = array_map(
    static fn (int $from, int $to): float => ($to - $from) / 1000,
    array_slice(array_values($times), 0, -1),
    array_slice(array_values($times), 1)
);
echo json_encode(array_combine(array_slice(array_keys($times), 1), $took));
