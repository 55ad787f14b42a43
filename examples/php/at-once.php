<?php

/**
 * The demo's last part: two processes find the same token ended, and renew it at the same moment.
 */

declare(strict_types=1);

use DataMachine\Connections\Tests\Authority;
use DataMachine\Connections\Vault;

/**
 * Both at once, in one way or the other; each thing that one of them saw is printed.
 *
 * @param array<string, mixed> $told what they are told
 *
 * @return list<string|null> the access token that each has then
 */
function renewAtOnce(array $told): array
{
    $library = 'dm_connections.library=' . get_cfg_var('dm_connections.library');
    $command = [PHP_BINARY, '-d', 'ffi.enable=true', '-d', $library, __DIR__ . '/renewing.php'];
    [$processes, $pipes, $seen, $tokens] = [[], [], [], []];
    foreach ([0, 1] as $number) {
        // Without STDERR, which they have by themselves: handed on, a file that it is begins anew.
        $processes[] = proc_open($command, [['pipe', 'r'], ['pipe', 'w']], $pipes[$number]);
    }
    foreach ($pipes as [, $output]) {
        fgets($output);
    }
    $line = json_encode($told + ['start' => hrtime(true)]) . "\n";
    foreach ($pipes as [$input]) {
        fwrite($input, $line);
    }
    foreach ($pipes as [, $output]) {
        $answer = json_decode((string) fgets($output), true);
        array_push($seen, ...$answer['seen']);
        $tokens[] = $answer['token'];
    }
    array_map(proc_close(...), $processes);
    usort($seen, static fn (array $one, array $other): int => $one['at'] <=> $other['at']);
    foreach ($seen as $one) {
        printf("    %.2f s  process %d %s\n", $one['at'], $one['pid'], $one['what']);
    }
    return $tokens;
}

/**
 * @param callable(string): void       $say   prints a heading
 * @param callable(bool, string): void $check prints what has to hold, and ends the demo where it does not
 */
function twoProcessesRenewAtOnce(string $directory, callable $say, callable $check): void
{
    $authority = new Authority();
    $works = static fn (string $token): bool => Authority::ask(
        'GET',
        str_replace('/token', '/resource', $authority->token) . '?access_token=' . rawurlencode($token),
    )[0] === 200;
    $options = ['path' => "{$directory}/at-once", 'site' => 'https://example.org'];
    $vault = Vault::open($options);
    $told = ['url' => $authority->token, 'store' => $options];

    $say('today: each reads the account, asks the provider, saves');
    $account = $authority->consents('today');
    $authority->fault('today', ['times' => null, 'after_ms' => 400]);
    $tokens = array_values(array_filter(renewAtOnce($told + ['way' => 'today', 'account' => $account])));
    $counts = $authority->counts('today');
    $check(
        count($tokens) === 1 && !$works($tokens[0]),
        "the provider saw {$counts['requests']} requests with one refresh token, and took the second for a thief's:\n"
            . '       all tokens are revoked, the new one too, and a person has to connect the account again',
    );

    $say('the vault: both call Vault::refresh()');
    $vault->save('x', 'site:0', $authority->consents('vault'));
    $authority->fault('vault', ['times' => null, 'after_ms' => 400]);
    $tokens = renewAtOnce($told + ['way' => 'vault']);
    $counts = $authority->counts('vault');
    $check(
        $counts['requests'] === 1 && $tokens[0] === $tokens[1] && $works($tokens[0]),
        "the provider saw {$counts['requests']} request; both processes have the same new token, and it works",
    );
    $authority->stop();
}
