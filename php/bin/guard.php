<?php

/**
 * Says what a class file of Data Machine's declares that ours does not; see Guard.php.
 *
 *     php php/bin/guard.php THEIRS OURS [PART...]
 *
 * A part is a file with a trait or a parent that ours is made of. Exit code: 0 where ours may stand in, 1 where it may
 * not, 2 where the arguments are wrong.
 */

declare(strict_types=1);

use DataMachine\Connections\Dropin\Guard;

require __DIR__ . '/../autoload.php';

if ($argc < 3) {
    fwrite(STDERR, "usage: php {$argv[0]} THEIRS OURS [PART...]\n");
    exit(2);
}
$verdict = (new Guard())->compare($argv[1], $argv[2], array_slice($argv, 3));
foreach ($verdict->missing as $missing) {
    echo $missing->text(), "\n";
}
exit($verdict->ok ? 0 : 1);
