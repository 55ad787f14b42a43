<?php

/**
 * What an existing provider class costs on the vault, beside today's way: one option for everything (SerializedOption),
 * in WordPress and MariaDB.
 *
 *     scripts/wordpress.sh single|network php -d dm_connections.library=/path/library benches/dropin/bench.php [ROUNDS]
 *
 * Everything is measured in one php-fpm worker with opcache, in requests that have loaded WordPress. A round measures
 * both sides of everything, by turns; a ratio is that of one round. Shown are medians, and quartiles of the ratio.
 */

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Tests\Fpm;
use DataMachine\Connections\Tests\FpmMaster;

require __DIR__ . '/../../tests/php/bootstrap.php';
require __DIR__ . '/../php/Spread.php';

/** By how many users have an account: how many laps a round has, and how often today's way is read in one. */
const SIZES = [
    0 => [['site' => 9, 'token' => 9, 'user' => 9, 'save' => 5], 10],
    500 => [['site' => 9, 'token' => 9, 'user' => 9, 'save' => 5], 5],
    2_000 => [['site' => 5, 'token' => 5, 'user' => 5, 'save' => 3], 2],
    20_000 => [['site' => 3, 'token' => 3, 'user' => 3, 'save' => 1], 1],
];
/** One that has a Reddit account in each of them, see make-large.php. */
const USER = 13;

$rounds = (int) ($argv[1] ?? 15);
$root = dirname(__DIR__, 2);
$directory = sys_get_temp_dir() . '/dm-bench-' . bin2hex(random_bytes(6));
mkdir($directory, 0700);

// What the worker reads, where its user may read it.
foreach (['php', 'tests/dropin', 'tests/fixtures/SALT.txt', 'benches/dropin', 'benches/php/Spread.php'] as $path) {
    @mkdir(dirname("{$directory}/{$path}"), 0755, true);
    exec('cp -r ' . escapeshellarg("{$root}/{$path}") . ' ' . escapeshellarg("{$directory}/{$path}"));
}
$environment = [];
foreach (['DM_WORDPRESS', 'DM_WORDPRESS_DIRECTORY'] as $name) {
    $environment[$name] = getenv($name) ?: exit("Below scripts/wordpress.sh only.\n");
}
$fpm = new Fpm($directory, [
    'ffi.enable' => 'preload',
    'opcache.preload' => "{$directory}/php/preload.php",
    'opcache.preload_user' => FpmMaster::user() ?? get_current_user(),
    // PHP's own; the tests' looks at each file in each request.
    'opcache.revalidate_freq' => '2',
    'memory_limit' => '-1',
    Library::SETTING => (string) get_cfg_var(Library::SETTING),
]);
register_shutdown_function(static function () use ($fpm, $directory): void {
    $fpm->stop();
    exec('rm -rf ' . escapeshellarg($directory));
});
if (FpmMaster::user() !== null) {
    chgrp($environment['DM_WORDPRESS_DIRECTORY'], FpmMaster::user());
    chmod($environment['DM_WORDPRESS_DIRECTORY'], 0710);
}

/** What a file of request/ answers. */
$ask = static function (string $name, array $arguments) use ($fpm, $environment, $directory): array {
    $code = "require '{$directory}/benches/dropin/request/{$name}.php';";
    $said = $fpm->request($code, $arguments + ['environment' => $environment, 'user' => USER]);
    return json_decode($said, true) ?? throw new \RuntimeException("{$name}: {$said}\n{$fpm->log()}");
};

$steps = [];
printf("%s, %d rounds\n", $environment['DM_WORDPRESS'] === 'network' ? 'A network' : 'One site', $rounds);
foreach (SIZES as $users => [$laps, $often]) {
    exec(implode(' ', array_map(escapeshellarg(...), [
        PHP_BINARY, '-d', 'memory_limit=-1', "{$root}/tests/fixtures/make-large.php", $directory, (string) $users,
    ])));
    $arguments = ['store' => "{$directory}/store-{$users}", 'option' => "{$directory}/large.serialized"];
    $filled = $ask('fill', $arguments);
    $arguments += ['account' => $filled['account'], 'laps' => $laps, 'often' => $often];

    $measured = $token = [];
    for ($round = 0; $round <= $rounds; $round++) {
        $figures = [];
        foreach ($round % 2 === 0 ? ['ours', 'today'] : ['today', 'ours'] as $side) {
            // So that no side follows the other's work.
            $ask('nothing', $arguments);
            [$time, $memory] = $ask('first', $arguments + ['side' => $side]);
            $figures['first'][$side] = $time;
            $figures['memory'][$side] = $memory / 1000;
        }
        $figures = $ask('calls', $arguments) + $figures;
        $ask('nothing', $arguments);
        foreach ($users > 0 || $round === 0 ? [] : $ask('profile', $arguments) as $name => $time) {
            $steps[$name][] = $time;
        }
        foreach ($round === 0 ? [] : $figures as $what => $both) {
            $measured[$what]['ours'][] = $both['ours'];
            $measured[$what]['today'][] = $both['today'];
            $measured[$what]['ratio'][] = $both['ours'] / $both['today'];
        }
        if ($round > 0) {
            $token[] = $figures['token']['ours'] / $figures['site']['ours'];
        }
    }

    printf("\n%d users, %.1f kB\n%-40s %10s %10s %8s\n", $users, $filled['bytes'] / 1000, '', 'ours', 'today', 'ratio');
    foreach (
        [
            'site' => 'get_site_account(), warm, us',
            'token' => 'get_valid_access_token(), warm, us',
            'first' => 'the first read of a request, us',
            'user' => 'get_account_for_user(), warm, us',
            'save' => 'save_site_account(), us',
            'memory' => 'peak memory of the first read, kB',
        ] as $what => $name
    ) {
        $spreads = array_map(static fn (array $values) => new Spread($values), $measured[$what]);
        printf(
            "%-40s %10.1f %10.1f %8.2f (%.2f to %.2f)\n",
            $name,
            $spreads['ours']->median,
            $spreads['today']->median,
            $spreads['ratio']->median,
            $spreads['ratio']->low,
            $spreads['ratio']->high
        );
    }
    $token = new Spread($token);
    printf("get_valid_access_token() to get_site_account(), both ours: %.2f (%.2f to %.2f)\n", ...[
        $token->median, $token->low, $token->high,
    ]);
}
printf("\nWhat the first read on the vault consists of, us (of the first size)\n");
foreach ($steps as $name => $times) {
    printf("%-40s %10.1f\n", $name, (new Spread($times))->median);
}
