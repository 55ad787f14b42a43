<?php

/**
 * What else is called, by turns, in a request that has read already. Answers microseconds for each, by side: the median
 * of the laps, since one that meets a busy moment tells nothing of the call.
 */

declare(strict_types=1);

use DataMachine\Connections\Benches\Spread;

require __DIR__ . '/boot.php';
require_once __DIR__ . '/../../php/Spread.php';

$providers = array_map(static fn (Closure $make) => $make(), $provider);
foreach ($providers as $side => $subject) {
    $call[$side]['site']($subject);
}
$answer = [];
foreach ($arguments['laps'] as $what => $laps) {
    $times = ['ours' => [], 'today' => []];
    for ($lap = 0; $lap < $laps; $lap++) {
        foreach ($lap % 2 === 0 ? ['ours', 'today'] : ['today', 'ours'] as $side) {
            [$do, $subject] = [$call[$side][$what], $providers[$side]];
            $often = $what === 'save' ? 1 : ($side === 'ours' ? 10 : $arguments['often']);
            // The other side's lap may have left nothing of this one's in the processor's caches.
            $what === 'save' || $do($subject);
            $began = hrtime(true);
            for ($n = 0; $n < $often; $n++) {
                $do($subject);
            }
            $times[$side][] = (hrtime(true) - $began) / $often / 1000;
        }
    }
    $answer[$what] = array_map(static fn (array $of): float => (new Spread($of))->median, $times);
}
echo json_encode($answer);
