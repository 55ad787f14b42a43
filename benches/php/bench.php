<?php

/**
 * What the library costs in PHP, beside PDO and openssl on the same rows.
 *
 *     php -d ffi.enable=true -d dm_connections.library=/path/library benches/php/bench.php [ROUNDS [CONNECTIONS]]
 *
 * Each round measures everything once, and what is compared by turns, so that a busy moment of the machine meets all
 * alike; a ratio is that of one round. Shown are medians and quartiles, in microseconds.
 */

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

use DataMachine\Connections\Document;
use DataMachine\Connections\Keys;
use DataMachine\Connections\LegacyFormat;
use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Vault;

require __DIR__ . '/../../php/autoload.php';
require __DIR__ . '/PlainStore.php';
require __DIR__ . '/Spread.php';

const PROVIDER = 'reddit';
const LAPS = 10;

$rounds = (int) ($argv[1] ?? 31);
$connections = (int) ($argv[2] ?? 1000);
$directory = sys_get_temp_dir() . '/dm-bench-' . bin2hex(random_bytes(6));
mkdir($directory, 0700);
register_shutdown_function(static function () use ($directory): void {
    foreach (['store', '.'] as $below) {
        array_map(unlink(...), array_filter(glob("{$directory}/{$below}/*") ?: [], is_file(...)));
    }
    @rmdir("{$directory}/store");
    rmdir($directory);
});

// A document like those that the old plug-in stored.
$document = [
    'access_token' => 'fake-rat-' . bin2hex(random_bytes(100)),
    'refresh_token' => 'fake-rrt-' . bin2hex(random_bytes(40)),
    'username' => 'rig_user',
    'scope' => 'identity read submit',
    'token_expires_at' => time() + 86_400,
    'last_refreshed_at' => time(),
];
$json = (string) json_encode($document);
$owners = array_map(static fn (int $user) => "user:{$user}", range(1, $connections));

$key = random_bytes(32);
$options = ['path' => "{$directory}/store", 'site' => 'https://example.org', 'keys' => Keys::raw($key)];
$vault = Vault::open($options);
$principals = array_fill_keys($owners, ['account' => $document]);
$vault->importLegacy((string) json_encode([PROVIDER => ['principals' => $principals]]), [], LegacyFormat::Json);
$plain = new PlainStore("{$directory}/plain.sqlite", $key);
$plain->fill(array_map(static fn (string $owner) => [PROVIDER, $owner, $json], $owners));

$library = (string) get_cfg_var(Library::SETTING);
$header = static fn (string $path) => (string) file_get_contents(__DIR__ . "/../../{$path}");
[$lean, $whole] = [$header('php/src/Native/dm_connections.h'), $header('include/dm_connections.h')];
$next = static function () use ($owners): string {
    static $at = 0;
    return $owners[$at++ % count($owners)];
};

/** What is measured: groups of what is compared with each other; how often in a lap, and what. */
$groups = [
    [
        'Vault::get' => [20, static fn () => $vault->get(PROVIDER, $next())],
        'PDO, openssl_decrypt' => [20, static fn () => $plain->get(PROVIDER, $next())],
    ],
    [
        'Vault::save' => [1, static fn () => $vault->save(PROVIDER, $next(), Document::fromJson($json))],
        'PDO, openssl_encrypt' => [1, static fn () => $plain->save(PROVIDER, $next(), $json)],
    ],
    [
        'Vault::find, 100 rows' => [1, static fn () => $vault->find(['limit' => 100])],
        'PDO, 100 rows' => [1, static fn () => $plain->list(100)],
    ],
    [
        'Vault::status, one provider' => [1, static fn () => $vault->status(PROVIDER)],
        'PDO, one provider' => [1, static fn () => $plain->status(PROVIDER)],
    ],
    ['Vault::status, one owner' => [5, static fn () => $vault->status(PROVIDER, $next())]],
    ['Vault::open, store open' => [5, static fn () => Vault::open($options)]],
    ['FFI::cdef, lean header' => [3, static fn () => \FFI::cdef($lean, $library)]],
    ['FFI::cdef, whole header' => [3, static fn () => \FFI::cdef($whole, $library)]],
];

/** Microseconds that each of a group takes. */
$run = static function (array $group): array {
    $times = array_fill_keys(array_keys($group), 0.0);
    for ($lap = 0; $lap < LAPS; $lap++) {
        foreach ($group as $name => [$often, $call]) {
            $began = hrtime(true);
            for ($n = 0; $n < $often; $n++) {
                $call();
            }
            $times[$name] += (hrtime(true) - $began) / $often / LAPS / 1000;
        }
    }
    return $times;
};

/** In a process of its own: from nothing to the first document. */
$cold = static function () use ($options, $key): array {
    $code = 'require $argv[1]; use DataMachine\Connections\{Keys, Vault};
        $began = hrtime(true); DataMachine\Connections\Native\Library::open("dm_keyring_new"); $loaded = hrtime(true);
        $vault = Vault::open(["path" => $argv[2], "site" => $argv[3], "keys" => Keys::base64($argv[4])]);
        $opened = hrtime(true); $vault->get($argv[5], "user:1"); $read = hrtime(true);
        echo json_encode([$loaded - $began, $opened - $loaded, $read - $opened]);';
    $library = 'dm_connections.library=' . get_cfg_var(Library::SETTING);
    $autoload = __DIR__ . '/../../php/autoload.php';
    $arguments = [$autoload, $options['path'], $options['site'], base64_encode($key), PROVIDER];
    $command = [PHP_BINARY, '-d', 'ffi.enable=true', '-d', $library, '-r', $code, '--', ...$arguments];
    $said = (string) shell_exec(implode(' ', array_map(escapeshellarg(...), $command)));
    $names = ['new process: load the library', 'new process: Vault::open', 'new process: first Vault::get'];
    return array_combine($names, array_map(static fn (int $ns) => $ns / 1000, json_decode($said, true)));
};

$measured = $ratios = [];
for ($round = 0; $round <= $rounds; $round++) {
    foreach ([...array_map($run, $groups), $cold()] as $times) {
        if ($round === 0) {
            continue; // Warms up.
        }
        foreach ($times as $name => $time) {
            $measured[$name][] = $time;
            if (str_starts_with($name, 'PDO')) {
                $ratios[$name][] = reset($times) / $time;
            }
        }
    }
}

printf(
    "PHP %s, libdm_connections %s: %d connections, documents of %d bytes, %d rounds\n\n",
    PHP_VERSION,
    $vault->info()->version,
    $connections,
    strlen($json),
    $rounds
);
printf("%-32s %10s %22s\n", 'microseconds', 'median', 'quartiles');
foreach ($measured as $name => $values) {
    $spread = new Spread($values);
    printf("%-32s %10.1f %10.1f .. %8.1f\n", $name, $spread->median, $spread->low, $spread->high);
    if (isset($ratios[$name])) {
        $spread = new Spread($ratios[$name]);
        printf("%-32s %10.2f %10.2f .. %8.2f\n", '  ratio', $spread->median, $spread->low, $spread->high);
    }
}
