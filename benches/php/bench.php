<?php

/**
 * What the library costs in PHP, beside PDO and openssl on the same rows.
 *
 *     php -d ffi.enable=true -d dm_connections.library=/path/library benches/php/bench.php [ROUNDS [CONNECTIONS]]
 *
 * Each round measures everything once, so that a busy moment of the machine meets all alike; a ratio is that of one
 * round. Shown are medians and quartiles, in microseconds.
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

const PROVIDER = 'reddit';

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

/** What is measured: how many at a time, what, and what it is compared with. */
$subjects = [
    'Vault::get' => [200, static fn () => $vault->get(PROVIDER, $next())],
    'PDO, openssl_decrypt' => [200, static fn () => $plain->get(PROVIDER, $next()), 'Vault::get'],
    'Vault::save' => [5, static fn () => $vault->save(PROVIDER, $next(), Document::fromJson($json))],
    'PDO, openssl_encrypt' => [5, static fn () => $plain->save(PROVIDER, $next(), $json), 'Vault::save'],
    'Vault::find, 100 rows' => [5, static fn () => $vault->find(['limit' => 100])],
    'PDO, 100 rows' => [5, static fn () => $plain->list(100), 'Vault::find, 100 rows'],
    'Vault::status, one owner' => [20, static fn () => $vault->status(PROVIDER, $next())],
    'Vault::status, one provider' => [3, static fn () => $vault->status(PROVIDER)],
    'PDO, one provider' => [3, static fn () => $plain->status(PROVIDER), 'Vault::status, one provider'],
    'Vault::open, store open' => [20, static fn () => Vault::open($options)],
    'FFI::cdef, lean header' => [10, static fn () => \FFI::cdef($lean, $library)],
    'FFI::cdef, whole header' => [10, static fn () => \FFI::cdef($whole, $library)],
];

/** In a process of its own: from nothing to the first document. */
$cold = static function () use ($options, $key): array {
    $code = 'require $argv[1]; use DataMachine\Connections\{Keys, Vault};
        $began = hrtime(true); DataMachine\Connections\Native\Library::keyringNew(); $loaded = hrtime(true);
        $vault = Vault::open(["path" => $argv[2], "site" => $argv[3], "keys" => Keys::base64($argv[4])]);
        $opened = hrtime(true); $vault->get($argv[5], "user:1"); $read = hrtime(true);
        echo json_encode([$loaded - $began, $opened - $loaded, $read - $opened]);';
    $library = 'dm_connections.library=' . get_cfg_var(Library::SETTING);
    $autoload = __DIR__ . '/../../php/autoload.php';
    $arguments = [$autoload, $options['path'], $options['site'], base64_encode($key), PROVIDER];
    $command = [PHP_BINARY, '-d', 'ffi.enable=true', '-d', $library, '-r', $code, '--', ...$arguments];
    $said = (string) shell_exec(implode(' ', array_map(escapeshellarg(...), $command)));
    $names = ['load the library', 'Vault::open', 'first Vault::get'];
    return array_combine($names, array_map(static fn (int $ns) => $ns / 1000, json_decode($said, true)));
};

$measured = $ratios = [];
for ($round = 0; $round <= $rounds; $round++) {
    $times = [];
    foreach ($subjects as $name => [$batch, $run]) {
        $began = hrtime(true);
        for ($n = 0; $n < $batch; $n++) {
            $run();
        }
        $times[$name] = (hrtime(true) - $began) / $batch / 1000;
    }
    foreach ($cold() as $name => $time) {
        $times["new process: {$name}"] = $time;
    }
    if ($round === 0) {
        continue; // Warms up.
    }
    foreach ($times as $name => $time) {
        $measured[$name][] = $time;
        $compared = $subjects[$name][2] ?? null;
        if ($compared !== null) {
            $ratios[$name][] = $times[$compared] / $time;
        }
    }
}

/** The median, and the quartiles. */
$quartiles = static function (array $values): array {
    sort($values);
    $at = static fn (float $part): float => $values[(int) round($part * (count($values) - 1))];
    return [$at(0.5), $at(0.25), $at(0.75)];
};

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
    [$median, $low, $high] = $quartiles($values);
    printf("%-32s %10.1f %10.1f .. %8.1f\n", $name, $median, $low, $high);
    if (isset($ratios[$name])) {
        [$median, $low, $high] = $quartiles($ratios[$name]);
        printf("%-32s %10.2f %10.2f .. %8.2f\n", '  ratio', $median, $low, $high);
    }
}
