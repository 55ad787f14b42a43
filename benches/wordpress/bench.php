<?php

/**
 * What a page costs that uses one connection: not using it, on the old option, on the plug-in. Each of them is a site
 * of its own with nginx, php-fpm and one worker, set up as in production: no WP_DEBUG, opcache as PHP has it.
 *
 *     source scripts/database.sh; php benches/wordpress/bench.php [ROUNDS]
 *
 * (scripts/bench.sh does that.) They are asked by turns. A round's figures are the medians of its laps, and its ratios
 * those of its figures; shown are medians of the rounds, and quartiles of the ratios.
 */

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

use DataMachine\Connections\Tests\WordPress\Files;
use DataMachine\Connections\Tests\WordPress\Plugins;
use DataMachine\Connections\Tests\WordPress\Settings;
use DataMachine\Connections\Tests\WordPress\Site;
use DataMachine\Connections\Tests\WordPress\Template;

require __DIR__ . '/../../tests/wordpress/bootstrap.php';
require __DIR__ . '/../php/Spread.php';
require __DIR__ . '/Contender.php';
require __DIR__ . '/Processor.php';

const PROVIDER = 'reddit';
/** How many users have an account, beside the site's of nine providers. */
const SIZES = [0 => '9 providers', 2_000 => '9 providers and 2,000 users'];
const LAPS = 15;
const MEASURES = [
    'request' => 'the request, ms',
    'processor' => 'PHP and MariaDB on a processor, ms',
    'part' => 'of that loading plug-ins, reading; MariaDB',
];
/** Asked before anything counts: opcache takes no file that was written within the last two seconds. */
const WARM_UP_SECONDS = 4;

/** What the page reads; ffi.enable where the plug-in is there; what is preloaded. The first two are compared with. */
const CONTENDERS = [
    'nothing' => ['', null, ''],
    'old' => [PROVIDER, null, ''],
    'ours' => [PROVIDER, 'preload', Plugins::PRELOAD],
    'ours, ffi.enable=true, no preload' => [PROVIDER, 'true', ''],
    'ours, nothing read' => ['', 'preload', Plugins::PRELOAD],
];

$rounds = (int) ($argv[1] ?? 15);

/** A site with an option, which is moved into the store where the plug-in is there. */
$make = static function (string $option, bool $cache, ?string $ffi, string $preload): Site {
    $site = Site::start(new Settings(
        workers: 1,
        // PHP's own: the tests' notice a changed file at once, keep what was compiled on disk, and trace arguments.
        ini: ['opcache.revalidate_freq' => '2', 'opcache.file_cache' => '', 'zend.exception_ignore_args' => '1'],
        constants: ['WP_DEBUG' => false],
        objectCache: $cache,
    ));
    $site->setRow('datamachine_auth_data', $option);
    $site->plugins->dataMachine();
    Files::copy(__DIR__ . '/page.php', $site->content('mu-plugins/page.php'));
    if ($ffi === null) {
        return $site;
    }
    $site->plugins->connections();
    $site->restart(ffi: $ffi, preload: $preload);
    $move = 'return DataMachine\Connections\WordPress\Migration\Migration::prepare()->run(20, "user:1")->phase;';
    for ($phase = 'running'; $phase === 'running';) {
        $phase = $site->evaluate($move);
    }
    $state = $site->evaluate('use DataMachine\Connections\WordPress\Plugin;
        return [Plugin::state()->name(), Plugin::dropins()?->what];');
    if ($state !== ['active', 'standing']) {
        throw new \RuntimeException("The plug-in does not serve ({$phase}): " . json_encode($state));
    }
    return $site;
};

/** A round: what each of them took, by what was measured. */
$round = static function (array $contenders): array {
    $taken = [];
    for ($lap = 0; $lap < LAPS; $lap++) {
        // So that each comes after each of the others.
        $order = array_keys($contenders);
        shuffle($order);
        foreach ($order as $name) {
            foreach ($contenders[$name]->ask() as $what => $milliseconds) {
                $taken[$what][$name][] = $milliseconds;
            }
        }
    }
    $median = static fn (array $values): float => (new Spread($values))->median;
    return array_map(static fn (array $all): array => array_map($median, $all), $taken);
};

foreach (SIZES as $users => $size) {
    $directory = Template::directory() . "/option-{$users}";
    mkdir($directory);
    exec(implode(' ', array_map(escapeshellarg(...), [
        PHP_BINARY, __DIR__ . '/../../tests/fixtures/make-large.php', $directory, (string) $users,
    ])));
    $option = (string) file_get_contents("{$directory}/large.serialized");
    $expected = json_decode((string) file_get_contents("{$directory}/expected-large.json"), true);
    foreach ([false, true] as $cache) {
        $contenders = [];
        foreach (CONTENDERS as $name => [$reads, $ffi, $preload]) {
            $answer = $reads === '' ? [] : $expected[$reads]['account'];
            $contenders[$name] = new Contender($make($option, $cache, $ffi, $preload), $reads, $answer);
        }
        for ($until = microtime(true) + WARM_UP_SECONDS; microtime(true) < $until;) {
            array_map(static fn (Contender $contender) => $contender->ask(), $contenders);
        }
        $measured = [];
        for ($number = 0; $number < $rounds; $number++) {
            foreach ($round($contenders) as $what => $taken) {
                foreach ($taken as $name => $one) {
                    $measured[$what][$name]['ms'][] = $one;
                    $measured[$what][$name]['whole'][] = $one / $taken['old'];
                    $measured[$what][$name]['alone'][] =
                        ($one - $taken['nothing']) / ($taken['old'] - $taken['nothing']);
                }
            }
        }
        array_map(static fn (Contender $contender) => $contender->stop(), $contenders);

        printf("\n%s, %.1f kB%s\n", $size, strlen($option) / 1000, $cache ? ', persistent object cache' : '');
        foreach (MEASURES as $what => $title) {
            printf("  %-44s %8s   %-22s%s\n", $title, '', 'to the old option', 'without the page');
            foreach (array_keys(CONTENDERS) as $name) {
                $values = $measured[$what][$name];
                $spreads = array_map(static fn (array $values) => new Spread($values), $values);
                printf("  %-44s %8.2f", $name, $spreads['ms']->median);
                foreach (['whole', 'alone'] as $ratio) {
                    $ratio = $spreads[$ratio];
                    printf("   %-20s", sprintf('%.2f (%.2f to %.2f)', $ratio->median, $ratio->low, $ratio->high));
                }
                echo "\n";
            }
        }
    }
}
