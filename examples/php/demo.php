<?php

/**
 * The main job on real-shaped data: an old option comes in, PHP works with it, and an agent for its owner; and two
 * processes renew one token at once. Run it with `make demo`.
 */

declare(strict_types=1);

use DataMachine\Connections\Acquired;
use DataMachine\Connections\ActingRequest;
use DataMachine\Connections\Decision;
use DataMachine\Connections\Exception\WrongKeyException;
use DataMachine\Connections\Grant;
use DataMachine\Connections\ImportOutcome;
use DataMachine\Connections\ImportReport;
use DataMachine\Connections\Keys;
use DataMachine\Connections\RunContext;
use DataMachine\Connections\Vault;

require __DIR__ . '/../../php/autoload.php';
require __DIR__ . '/expected.php';
require __DIR__ . '/../../tests/php/bootstrap.php';
require __DIR__ . '/at-once.php';

const FIXTURES = __DIR__ . '/../../tests/fixtures';
const SITE = 'https://example.org';

$colour = stream_isatty(STDOUT) && getenv('NO_COLOR') === false;
$paint = static fn (string $code, string $text): string => $colour ? "\e[{$code}m{$text}\e[0m" : $text;
$step = static function (string $text) use ($paint): void {
    printf("\n%s\n", $paint('1', $text));
};
$check = static function (bool $holds, string $text) use ($paint): void {
    printf("  %s %s\n", $holds ? $paint('32', 'ok') : $paint('31;1', 'NO'), $text);
    if (!$holds) {
        exit(1);
    }
};

$root = sys_get_temp_dir() . '/dm-demo-' . bin2hex(random_bytes(4));
mkdir($root, 0700);
register_shutdown_function(static function () use ($root): void {
    $files = new RecursiveIteratorIterator(
        new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS),
        RecursiveIteratorIterator::CHILD_FIRST,
    );
    foreach ($files as $file) {
        $file->isDir() ? rmdir($file->getPathname()) : unlink($file->getPathname());
    }
    rmdir($root);
});

$vault = Vault::open(['path' => "{$root}/store", 'site' => SITE]);
$info = $vault->info();
printf("%s %s, %s\n", $paint('1', 'Data Machine Connections'), $info->version, $info->engine);
$mode = fileperms($info->keyFile) & 0777;
printf("  store %s\n  key   %s (made just now, mode %o)\n", $info->path, $info->keyFile, $mode);

$step('The old option comes in');
$salt = rtrim(file_get_contents(FIXTURES . '/SALT.txt'), "\n");
$counts = static function (ImportReport $report): string {
    $told = [];
    foreach (ImportOutcome::cases() as $outcome) {
        $number = $report->count($outcome);
        if ($number > 0) {
            $told[] = "{$number} {$outcome->value}";
        }
    }
    return implode(', ', $told);
};
$vaults = [
    'small' => Vault::open(['path' => "{$root}/small", 'site' => 'https://small.example.org']),
    'mixed' => $vault,
];
foreach ($vaults as $name => $into) {
    $option = file_get_contents(FIXTURES . "/{$name}.serialized");
    $report = $into->importLegacy($option, [$salt]);
    printf("  %-6s %s\n", $name, $counts($report));
}
foreach ($report->entries as $entry) {
    foreach ($entry->members as $member) {
        $place = implode(' > ', [...$entry->path, $member->name]);
        printf("  %s %s (%s)\n", $paint('33', str_pad($member->outcome->value, 11)), $place, $member->code);
    }
    if ($entry->outcome === ImportOutcome::Kept) {
        printf("  %s %s (%s)\n", $paint('36', str_pad('kept', 11)), implode(' > ', $entry->path), $entry->code);
    }
}
$again = $vault->importLegacy($option, [$salt]);
$check($again->count(ImportOutcome::Unchanged) === count($again->entries), 'a second import changes nothing');

$step('Connections');
$rows = [['PROVIDER', 'OWNER', 'ACCOUNT', 'STATUS', 'EXPIRES IN']];
foreach ($vault->all() as $connection) {
    $left = $connection->expiresAt === null ? null : $connection->expiresAt - time();
    $rows[] = [
        $connection->provider,
        $connection->owner,
        $connection->account,
        $connection->status->value,
        match (true) {
            $left === null => '-',
            $left < 0 => sprintf('%d days ago', intdiv(-$left, 86400)),
            $left < 172800 => sprintf('%d hours', intdiv($left, 3600)),
            default => sprintf('%d days', intdiv($left, 86400)),
        },
    ];
}
$heading = array_shift($rows);
sort($rows);
foreach ([$heading, ...$rows] as $number => $row) {
    $line = rtrim(vsprintf('  %-11s %-8s %-17s %-15s %s', $row));
    printf("%s\n", $number === 0 ? $paint('2', $line) : $line);
}

[$equal, $held, $wrong] = [0, 0, []];
$secrets = [];
foreach ($vaults as $name => $from) {
    foreach (expectedDocuments(json_decode(file_get_contents(FIXTURES . "/expected-{$name}.json"))) as $one) {
        $got = $one['kind'] === 'config'
            ? $from->configs()->get($one['provider'], $one['owner'])
            : $from->get($one['provider'], $one['owner'], $one['account']);
        array_push($secrets, ...secretsOf($one['document']));
        if ($got?->document->toJson() === encoded($one['document'])) {
            $equal++;
        } elseif (($got->quarantined ?? []) !== []) {
            $held++;
        } else {
            $wrong[] = "{$name}: {$one['provider']} {$one['owner']}";
        }
    }
}
$check(
    $wrong === [],
    "read through PHP: {$equal} equal their expected JSON byte for byte, {$held} but for what is quarantined"
        . implode(', ', $wrong),
);

[$same, $all] = [0, 0];
foreach ($vaults as $name => $from) {
    $before = unserialize(file_get_contents(FIXTURES . "/{$name}.serialized"), ['allowed_classes' => false]);
    $before = readByTheOldRules($before, $salt);
    $after = readByTheOldRules($from->exportLegacy($salt)->toArray(), $salt);
    // Not the values alone: their order, too, and nothing beside them.
    $same += $before === $after ? count($after) : 0;
    $all += count($before);
}
$check($same === $all, "exported again, and read by the old plug-in's rules: {$same} of {$all} values as before");

$step('Working with it');
$saved = $vault->save('reddit', 'user:12', ['access_token' => 'fake-first', 'username' => 'new']);
$vault->merge('reddit', 'user:12', ['access_token' => 'fake-second', 'scope' => 'read submit']);
$json = $vault->get('reddit', 'user:12')?->document->toJson();
$deleted = $vault->delete('reddit', 'user:12')->deleted && $vault->get('reddit', 'user:12') === null;
$check(
    $saved->created && $json === '{"access_token":"fake-second","username":"new","scope":"read submit"}' && $deleted,
    "saved, merged and deleted reddit of user:12 ({$saved->id})",
);
$others = static fn (): array => array_filter(
    array_column(iterator_to_array($vault->all(), false), 'revision', 'id'),
    static fn (string $id): bool => !in_array($id, $GLOBALS['reddit'], true),
    ARRAY_FILTER_USE_KEY,
);
$reddit = array_column(iterator_to_array($vault->find(['provider' => 'reddit'])), 'id');
$before = $others();
$renewed = $vault->renewKeys('reddit');
$check($before !== [] && $before === $others(), "renewed reddit's {$renewed} data keys; no other row was written");
$new = Keys::newFile("{$root}/new.key");
$vault->addKey($new);
$count = $vault->rewrap()->rewrapped;
$vault->close();
$reopened = Vault::open(['path' => "{$root}/store", 'site' => SITE, 'keys' => $new]);
$check($reopened->get('youtube', 'user:3') !== null, "re-wrapped {$count} rows to a new key, which opens them");
try {
    Vault::open(['path' => "{$root}/store", 'site' => SITE]);
    $check(false, 'the earlier key still opens the store');
} catch (WrongKeyException $error) {
    $needed = $error->detail()['needed'];
    $check(true, "the earlier key opens nothing any more; the error names the key that does, {$needed}");
}

$step('An agent works for its owner');
$vault = $reopened;
$access = $vault->access();
// Who asks is what the site knows; nothing of it comes from a tool's arguments or from a model.
$asks = static fn (int $person): ActingRequest => ActingRequest::byAgent(7)->asking($person)->in(RunContext::Chat)
    ->withoutSession()->withoutFlow()->mayEverything()->manages();
$acquire = static fn (int $person, string $operation, array $wanted = []): Acquired
    => $access->acquire($asks($person), 'instagram', ['operations' => [$operation]] + $wanted);
$why = static function (Decision $refused): string {
    $remedy = $refused->remedy();
    return "{$refused->message}\n       {$refused->reason}; what helps: {$remedy->code}, by {$remedy->whose}";
};
$saved = $vault->save(
    'instagram',
    'user:12',
    ['access_token' => 'fake-instagram', 'refresh_token' => 'fake-never', 'user_id' => '42', 'username' => 'ada'],
    options: ['grants' => [Grant::to(7)->operations('publish', 'insights')->inChat()->times(2)->by('user:12')]],
);
$grant = $access->grants(['owner' => 'user:12'])->rows[0];
$check(
    $saved->created && $saved->grants === [$grant->id],
    "user:12 connected Instagram and let agent:7 publish there {$grant->usesLeft} times, in a chat with user:12",
);
$got = $acquire(12, 'publish');
$check(
    $got->get('access_token') === 'fake-instagram' && count($got->credential->toArray()) === 2,
    'user:12 asks: the tool gets ' . implode(' and ', array_keys($got->credential->toArray())) . ', and nothing else',
);
$refused = $acquire(13, 'publish', ['owner' => 'user:12']);
$check($refused->credential === null, 'user:13 asks, and is refused: ' . $why($refused->decision));
$refused = $acquire(12, 'comment');
$check($refused->credential === null, 'user:12 asks for more: ' . $why($refused->decision));
$tools = $access->tools($asks(12), [
    'instagram_publish' => ['provider' => 'instagram', 'operations' => ['publish']],
    'instagram_comment' => ['provider' => 'instagram', 'operations' => ['comment']],
    'youtube_publish' => ['provider' => 'youtube', 'operations' => ['publish']],
]);
$usable = array_keys(array_filter($tools, static fn (Decision $decision): bool => $decision->allowed));
$check(
    $usable === ['instagram_publish'],
    sprintf('of %d tools the agent\'s list shows those that would work: %s', count($tools), implode(', ', $usable)),
);
$access->revoke($grant->id, by: 'user:12', why: 'enough');
$refused = $acquire(12, 'publish');
$check($refused->decision->reason === 'grant_revoked', 'user:12 took it back: ' . $why($refused->decision));
$told = [];
foreach ($vault->audit()->query(['agent' => 'agent:7']) as $record) {
    $told[] = $record->event . (isset($record->details['code']) ? " ({$record->details['code']})" : '');
}
printf("  the audit of agent:7: %s\n", implode(', ', $told));
$verified = $vault->audit()->verify();
$check($verified->ok, "the audit is as it was written: {$verified->records} records, {$verified->rows} rows compared");

$step('The files');
[$files, $bytes, $found] = [0, 0, 0];
foreach (new RecursiveIteratorIterator(new RecursiveDirectoryIterator($root, FilesystemIterator::SKIP_DOTS)) as $file) {
    $content = file_get_contents($file->getPathname());
    [$files, $bytes] = [$files + 1, $bytes + strlen($content)];
    foreach (['fake-', ...$secrets] as $secret) {
        $found += (int) str_contains($content, $secret);
    }
}
$check($found === 0, sprintf('none of %d planted secrets in %d files, %d bytes', count($secrets), $files, $bytes));

$step('Two processes renew one token at the same moment');
echo "  Each refresh token works once. The provider is a stand-in on this machine that takes 0.4 s to answer.\n";
twoProcessesRenewAtOnce($root, static fn (string $text) => printf("  %s\n", $paint('33', $text)), $check);
