<?php

/**
 * What else is called, by turns, in a request that has read already. Answers microseconds for each, by side.
 */

declare(strict_types=1);

require __DIR__ . '/boot.php';

$providers = array_map(static fn (Closure $make) => $make(), $provider);
$times = [];
foreach ($arguments['often'] as $what => $often) {
    foreach (['ours', 'today'] as $side) {
        $call[$side]['site']($providers[$side]);
    }
    // Halves, so that neither is always the first.
    foreach (['ours', 'today', 'today', 'ours'] as $side) {
        $do = $call[$side][$what];
        $subject = $providers[$side];
        $began = hrtime(true);
        for ($n = 0; $n < $often[$side]; $n++) {
            $do($subject);
        }
        $times[$what][$side] = ($times[$what][$side] ?? 0) + (hrtime(true) - $began) / $often[$side] / 2000;
    }
}
echo json_encode($times);
