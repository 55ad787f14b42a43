<?php

/**
 * One of many processes that renew the same accounts, as the test tells it on its standard input:
 *
 * - `look PATIENCE FORCE NUMBERS`: looks at those accounts, in an order by chance, and renews what has to be. Says
 *   `saw` and for each account what came of it: `3=refreshed 7=backoff:1800000000`
 * - `save NUMBER JSON`: a person connected that account
 * - `read NUMBER`: says what is stored of it
 *
 * DM_TEST_ROLE is the way in which they are renewed (`leases`, `today`), what befalls a fifth of those who do it
 * (`nothing`, `stops`, `kills`), and a seed.
 */

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Refreshing;

require __DIR__ . '/../php/bootstrap.php';
require __DIR__ . '/../../benches/dropin/SerializedOption.php';
require __DIR__ . '/wordpress.php';
require __DIR__ . '/Way.php';
require __DIR__ . '/Danger.php';
require __DIR__ . '/Leases.php';
require __DIR__ . '/Today.php';

// Nobody is left behind, stopped or not, when the test ends without a word.
\FFI::cdef('int prctl(int, unsigned long);')->prctl(1, SIGKILL);

[$way, $danger, $seed] = explode(' ', (string) getenv('DM_TEST_ROLE'));
mt_srand((int) $seed);
$danger = new Danger($danger);
$way = $way === 'leases' ? new Leases($danger) : new Today();

$look = static function (int $patience, int $force, int ...$numbers) use ($way, $danger): string {
    $danger->over = false;
    shuffle($numbers);
    $saw = 'saw';
    foreach ($numbers as $number) {
        $saw .= " {$number}=" . $way->look($number, $patience, $force === 1);
    }
    return $saw;
};
$save = static function (string $number, #[\SensitiveParameter] string $json) use ($way): string {
    $way->save((int) $number, json_decode($json, true));
    return 'saved';
};

while (($line = fgets(STDIN)) !== false) {
    [$word, $rest] = explode(' ', rtrim($line, "\n"), 2);
    try {
        Danger::say(match ($word) {
            'look' => $look(...array_map(intval(...), explode(' ', $rest))),
            'save' => $save(...explode(' ', $rest, 2)),
            'read' => 'stored ' . json_encode($way->read((int) $rest)),
        });
    } catch (\Throwable $thrown) {
        Danger::say('failed: ' . get_class($thrown) . ': ' . strtr($thrown->getMessage(), "\n", ' '));
    }
}
