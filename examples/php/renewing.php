<?php

/**
 * One of the demo's two processes that renew the same token at once: says what it saw, as a line of JSON. It waits for
 * a line, `{start, way, url, store, account}`.
 */

declare(strict_types=1);

use DataMachine\Connections\RefreshFailure;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\RefreshRequest;
use DataMachine\Connections\Tests\Authority;
use DataMachine\Connections\Vault;

require __DIR__ . '/../../tests/php/bootstrap.php';

/** Enough of a token to tell it from another. */
$short = static fn (#[\SensitiveParameter] string $token): string => '...' . substr($token, -6);

/** Today's way: reads the account, asks the provider, and saves what it got. */
$today = static function (array $account, string $url, callable $saw) use ($short): ?string {
    $saw('hands in the refresh token ' . $short($account['refresh_token']));
    $parameters = ['grant_type' => 'refresh_token', 'refresh_token' => $account['refresh_token']];
    [$status, $body] = Authority::ask('POST', $url, $parameters) ?? [0, '{}'];
    $answer = json_decode($body, true);
    if ($status !== 200) {
        $saw("is refused: {$answer['error']}");
        return null;
    }
    $saw('saves the new access token ' . $short($answer['access_token']));
    return $answer['access_token'];
};

/** With the vault: what a plug-in writes is one call of Vault::refresh(), with patience. */
$withVault = static function (Vault $vault, string $url, callable $saw) use ($short): ?string {
    $connection = $vault->get('x', 'site:0');
    $http = static function (RefreshRequest $request) use ($url, $saw, $short): array|RefreshFailure {
        $saw('is granted the lease, and hands in the refresh token ' . $short($request->token()));
        return Authority::renew($url, $request);
    };
    // Without patience first, to see who renews it.
    $renewed = $vault->refresh($connection, $http, ['patience_ms' => 0]);
    if ($renewed->outcome === RefreshOutcome::Busy) {
        $saw("is told that process {$renewed->holder['pid']} is renewing it, and waits");
        $renewed = $vault->refresh($connection, $http, ['patience_ms' => 30_000]);
    }
    $token = $renewed->connection?->document->get('access_token');
    $did = $renewed->outcome === RefreshOutcome::Refreshed ? 'stored' : 'gets, without asking the provider,';
    $saw("{$did} the new access token " . $short((string) $token));
    return $token;
};

echo "ready\n";
$told = json_decode((string) fgets(STDIN), true);
$seen = [];
$saw = static function (string $what) use (&$seen, $told): void {
    $seen[] = ['at' => (hrtime(true) - $told['start']) / 1e9, 'pid' => getmypid(), 'what' => $what];
};
$vault = Vault::open($told['store']);
$token = $told['way'] === 'today'
    ? $today($told['account'], $told['url'], $saw)
    : $withVault($vault, $told['url'], $saw);
echo json_encode(compact('seen', 'token')), "\n";
