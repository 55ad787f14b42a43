<?php

/**
 * The first read of a request: one side's classes are loaded, its store is opened, one account is read. Answers
 * microseconds, and by how many bytes PHP's memory grew at most.
 */

declare(strict_types=1);

require __DIR__ . '/boot.php';

[$make, $read] = [$provider[$arguments['side']], $call[$arguments['side']]['site']];
memory_reset_peak_usage();
$before = memory_get_usage();
$began = hrtime(true);
$account = $read($make());
$took = hrtime(true) - $began;
$memory = memory_get_peak_usage() - $before;
if (!isset($account['access_token'])) {
    throw new RuntimeException('Nothing was read.');
}
echo json_encode([$took / 1000, $memory]);
