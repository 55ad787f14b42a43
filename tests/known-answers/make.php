<?php
/**
 * Wrote the known answers beside this file, once. It shares no code with the library: hash_hkdf, hash_hmac and
 * openssl stand for the primitives, and the formulas are the ones in the headers of src/crypto.
 *
 * Usage: php make.php DIRECTORY     (a run gives the same bytes each time; see README.md before you use it)
 */

declare(strict_types=1);

/** Stable bytes with a name, in place of random ones. */
function known(string $name, int $length): string
{
    return substr(hash('sha512', "dm known answer: $name", true), 0, $length);
}

/** One field: ['text' => ...], ['bytes' => hex], ['integer' => n], ['optional' => hex or null]. */
function encode_field(array $field): string
{
    return match (array_key_first($field)) {
        'text' => $field['text'],
        'bytes' => hex2bin($field['bytes']),
        'integer' => pack('P', $field['integer']),
        'optional' => $field['optional'] === null ? "\0" : "\1" . hex2bin($field['optional']),
    };
}

function fields(string $label, array $fields): string
{
    $encoded = [$label, ...array_map(encode_field(...), $fields)];
    return pack('P', count($encoded)) . implode('', array_map(fn ($one) => pack('P', strlen($one)) . $one, $encoded));
}

function gcm(string $key, string $nonce, string $aad, string $plaintext): array
{
    $ciphertext = openssl_encrypt($plaintext, 'aes-256-gcm', $key, OPENSSL_RAW_DATA, $nonce, $tag, $aad, 16);
    return [$ciphertext, $tag];
}

/** The record of src/crypto/record.rs; the last parameters are for records that must not open. */
function record(
    string $key,
    string $key_id,
    string $salt,
    string $label,
    string $aad,
    string $plaintext,
    string $version = "\1",
    ?string $commitment = null,
    string $nonce = "\0\0\0\0\0\0\0\0\0\0\0\0",
): string {
    $info = $version . $key_id . $label;
    $record_key = hash_hkdf('sha256', $key, 32, "derive$info", $salt);
    $commitment ??= hash_hkdf('sha256', $key, 32, "commit$info", $salt);
    [$ciphertext, $tag] = gcm($record_key, $nonce, $aad, $plaintext);
    return $version . $key_id . $salt . $commitment . $ciphertext . $tag;
}

/** Cases of a record that is damaged in ways that do not depend on what it is for. */
function damaged(string $name, string $record, array $flipped): array
{
    $length = strlen($record);
    foreach ([...$flipped, $length - 17, $length - 16, $length - 1] as $at) {
        $damaged = $record;
        $damaged[$at] = chr(ord($damaged[$at]) ^ 1);
        $cases[] = ["byte $at flipped", $at === 0 ? 'format' : 'does_not_open', [$name => bin2hex($damaged)]];
    }
    foreach ([0, 1, 9, 41, 73, 88] as $cut) {
        $cases[] = ["cut to $cut bytes", 'format', [$name => bin2hex(substr($record, 0, $cut))]];
    }
    $cases[] = ['last byte missing', 'does_not_open', [$name => bin2hex(substr($record, 0, -1))]];
    $cases[] = ['one byte more', 'does_not_open', [$name => bin2hex($record . "\0")]];
    $cases[] = ['version 2', 'format', [$name => bin2hex("\2" . substr($record, 1))]];
    return $cases;
}

/** Cases as the files hold them: `with` stands in place of what the first good case has. */
function failing(array $cases): array
{
    return array_map(fn ($case) => ['why' => $case[0], 'error' => $case[1], 'with' => $case[2]], $cases);
}

function write(string $name, array $content): void
{
    global $argv;
    $flags = JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR;
    file_put_contents("$argv[1]/$name.json", json_encode($content, $flags) . "\n");
}

// --- fields

$lists = [
    [],
    [['text' => '']],
    [['text' => ''], ['text' => '']],
    [['text' => 'user:12'], ['text' => 'reddit']],
    [['text' => 'user:1'], ['text' => '2reddit']],
    [['text' => 'tokén'], ['bytes' => '00ff00']],
    [['integer' => 0], ['integer' => -1], ['integer' => PHP_INT_MAX], ['integer' => PHP_INT_MIN]],
    [['optional' => null], ['optional' => ''], ['optional' => '00'], ['optional' => '6162']],
    [['bytes' => str_repeat('5a', 300)]],
];
$labels = [
    'dm/v1/sealed', 'dm/v1/data-key', 'dm/v1/store-secret', 'dm/v1/check-value', 'dm/v1/mac/rows',
    'dm/v1/mac/grants', 'dm/v1/mac/audit', 'dm/v1/mac/fingerprints', 'dm/v1/mac/import-ledger', 'dm/v1/mac/kept',
    'dm/v1/mac/grant-heads', 'dm/v1/mac/proposals', 'dm/v1/mac/refreshes',
];
$cases = array_map(fn ($list) => ['label' => 'dm/v1/mac/rows', 'fields' => $list], $lists);
foreach ($labels as $label) {
    $cases[] = ['label' => $label, 'fields' => [['integer' => 1]]];
}
write('fields', ['good' => array_map(
    fn ($case) => [...$case, 'encoded' => bin2hex(fields($case['label'], $case['fields']))],
    $cases,
)]);

// --- record

$label = 'dm/v1/sealed';
$here = [['text' => 'here'], ['integer' => 3]];
$records = [];
foreach (['', 'a', '{"access_token":"tokén"}', str_repeat("\0", 64), str_repeat('0123456789', 100)] as $n => $text) {
    [$key, $id, $salt] = [known("record key $n", 32), known("record key id $n", 8), known("record salt $n", 32)];
    $record = record($key, $id, $salt, $label, fields($label, $here), $text);
    $records[] = [
        'key' => bin2hex($key), 'key_id' => bin2hex($id), 'salt' => bin2hex($salt), 'label' => $label,
        'fields' => $here, 'plaintext' => bin2hex($text), 'record' => bin2hex($record),
    ];
}
$good = $records[2];
[$key, $id, $salt, $text, $record] =
    array_map(fn ($name) => hex2bin($good[$name]), ['key', 'key_id', 'salt', 'plaintext', 'record']);
$aad = fields($label, $here);
$other_nonce = record($key, $id, $salt, $label, $aad, $text, nonce: str_repeat("\0", 11) . "\1");
$uncommitted = record($key, $id, $salt, $label, $aad, $text, commitment: str_repeat("\0", 32));
$other_label = record($key, $id, $salt, 'dm/v1/data-key', $aad, $text);
$version_2 = record($key, $id, $salt, $label, $aad, $text, version: "\2");
write('record', [
    'good' => $records,
    'failing' => failing([
        ['another key', 'does_not_open', ['key' => bin2hex(known('another', 32))]],
        ['another key id', 'does_not_open', ['key_id' => bin2hex(known('another', 8))]],
        ['another field', 'does_not_open', ['fields' => [['text' => 'there'], ['integer' => 3]]]],
        ['another number', 'does_not_open', ['fields' => [['text' => 'here'], ['integer' => 2]]]],
        ['a field more', 'does_not_open', ['fields' => [...$here, ['optional' => null]]]],
        ['another label', 'does_not_open', ['label' => 'dm/v1/data-key']],
        ['derived for another label', 'does_not_open', ['record' => bin2hex($other_label)]],
        ['sound but for its commitment', 'does_not_open', ['record' => bin2hex($uncommitted)]],
        ['another nonce', 'does_not_open', ['record' => bin2hex($other_nonce)]],
        ['sound, of version 2', 'format', ['record' => bin2hex($version_2)]],
        ...damaged('record', $record, range(0, 73)),
    ]),
]);

// --- envelope: a data key wrapped, a document sealed

$place = [
    'store' => bin2hex(known('store', 16)), 'record' => bin2hex(known('row', 16)), 'owner' => 'user:12',
    'provider' => 'reddit', 'purpose' => 'connection', 'seal_revision' => 7,
];
$place_fields = fn (array $place) => [
    ['bytes' => $place['store']], ['bytes' => $place['record']], ['text' => $place['owner']],
    ['text' => $place['provider']], ['text' => $place['purpose']],
];
$envelope = function (array $place, string $text) use ($place_fields): array {
    [$kek, $kek_id] = [known('kek', 32), known('kek id', 8)];
    [$data_key, $data_key_id] = [known('data key', 32), known('data key id', 8)];
    [$wrap_salt, $seal_salt] = [known('wrap salt', 32), known('seal salt', 32)];
    $sealed_fields = [...$place_fields($place), ['integer' => $place['seal_revision']]];
    return [
        'kek' => bin2hex($kek), 'kek_id' => bin2hex($kek_id), ...$place,
        'data_key' => bin2hex($data_key), 'data_key_id' => bin2hex($data_key_id),
        'wrap_salt' => bin2hex($wrap_salt), 'seal_salt' => bin2hex($seal_salt), 'document' => bin2hex($text),
        'wrapped' => bin2hex(record($kek, $kek_id, $wrap_salt, 'dm/v1/data-key',
            fields('dm/v1/data-key', $place_fields($place)), $data_key_id . $data_key)),
        'sealed' => bin2hex(record($data_key, $data_key_id, $seal_salt, 'dm/v1/sealed',
            fields('dm/v1/sealed', $sealed_fields), $text)),
    ];
};
$good = $envelope($place, '{"access_token":"tokén","expires_at":1700000000}');
$elsewhere = [
    ['another store', ['store' => bin2hex(known('other store', 16))]],
    ['another row', ['record' => bin2hex(known('other row', 16))]],
    ['another owner', ['owner' => 'user:1']],
    ['the owner cut elsewhere', ['owner' => 'user:1', 'provider' => '2reddit']],
    ['another provider', ['provider' => 'twitter']],
    ['another purpose', ['purpose' => 'config']],
    ['kept instead', ['purpose' => 'kept']],
];
$wrong_kek = ['another KEK', 'does_not_open', ['kek' => bin2hex(known('another', 32))]];
$wrong_id = ['another KEK id', 'does_not_open', ['kek_id' => bin2hex(known('another', 8))]];
$short = record(known('kek', 32), known('kek id', 8), known('wrap salt', 32), 'dm/v1/data-key',
    fields('dm/v1/data-key', $place_fields($place)), known('data key', 32));
$refused = fn (array $cases) => array_map(fn ($case) => [$case[0], 'does_not_open', $case[1]], $cases);
write('envelope', [
    'good' => [
        $good,
        $envelope(['purpose' => 'config', 'owner' => 'site:0', 'seal_revision' => 1] + $place, '[]'),
        $envelope(['purpose' => 'kept', 'owner' => '', 'provider' => '', 'seal_revision' => 1] + $place, "\0\xff"),
    ],
    'wrapped_failing' => failing([
        $wrong_kek,
        $wrong_id,
        ...$refused($elsewhere),
        ['sound, with too short a key in it', 'format', ['wrapped' => bin2hex($short)]],
        ['a sealed document instead', 'does_not_open', ['wrapped' => $good['sealed']]],
        ...damaged('wrapped', hex2bin($good['wrapped']), [0, 8, 40, 72, 73]),
    ]),
    'sealed_failing' => failing([
        ...$refused($elsewhere),
        ['an earlier seal revision', 'does_not_open', ['seal_revision' => 6]],
        ['a later seal revision', 'does_not_open', ['seal_revision' => 8]],
        ['a wrapped key instead', 'does_not_open', ['sealed' => $good['wrapped']]],
        ...damaged('sealed', hex2bin($good['sealed']), [0, 8, 40, 72, 73]),
    ]),
]);

// --- store secret and MAC keys

[$store, $secret, $salt] = [known('store', 16), known('store secret', 32), known('secret salt', 32)];
[$kek, $kek_id] = [known('kek', 32), known('kek id', 8)];
$aad = fields('dm/v1/store-secret', [['bytes' => bin2hex($store)]]);
$wrapped = record($kek, $kek_id, $salt, 'dm/v1/store-secret', $aad, $secret);
$short = record($kek, $kek_id, $salt, 'dm/v1/store-secret', $aad, substr($secret, 1));
$good = [
    'kek' => bin2hex($kek), 'kek_id' => bin2hex($kek_id), 'store' => bin2hex($store), 'secret' => bin2hex($secret),
    'salt' => bin2hex($salt), 'wrapped' => bin2hex($wrapped),
];
$row = [['text' => 'user:12'], ['optional' => null], ['integer' => 4]];
$tags = array_map(fn ($label) => [
    'label' => $label, 'fields' => $row,
    'tag' => hash_hmac('sha256', fields($label, $row), hash_hkdf('sha256', $secret, 32, $label)),
], array_values(array_filter($labels, fn ($label) => str_contains($label, '/mac/'))));
write('store-secret', [
    'good' => [[...$good, 'tags' => $tags]],
    'failing' => failing([
        $wrong_kek,
        $wrong_id,
        ['another store', 'does_not_open', ['store' => bin2hex(known('other store', 16))]],
        ['sound, with too short a secret in it', 'format', ['wrapped' => bin2hex($short)]],
        ...damaged('wrapped', $wrapped, [0, 8, 40, 72, 73]),
    ]),
]);

// --- check value

$check = fn (string $key, string $store, string $id) => [
    'key' => bin2hex($key), 'store' => bin2hex($store), 'key_id' => bin2hex($id),
    'check_value' => bin2hex(hash_hkdf('sha256', $key, 32, "dm/v1/check-value$store$id")),
];
$good = $check($kek, $store, $kek_id);
write('check-value', [
    'good' => [$good, $check(known('another', 32), $store, $kek_id), $check($kek, known('other store', 16), $kek_id)],
    'failing' => array_map(fn ($case) => ['why' => $case[0], 'with' => $case[1]], [
        ['another key', ['key' => bin2hex(known('another', 32))]],
        ['another store', ['store' => bin2hex(known('other store', 16))]],
        ['another key id', ['key_id' => bin2hex(known('another', 8))]],
        ['cut', ['check_value' => substr($good['check_value'], 0, -2)]],
        ['empty', ['check_value' => '']],
        ['first bit flipped', ['check_value' => bin2hex(hex2bin($good['check_value']) ^ str_pad("\x80", 32, "\0"))]],
        ['last bit flipped', ['check_value' => bin2hex(hex2bin($good['check_value']) ^ str_repeat("\0", 31) . "\1")]],
    ]),
]);

// --- the old plug-in's envelope, made as it made it

$old = function (string $salt, string $iv, string $text): array {
    [$ciphertext, $tag] = gcm(hash('sha256', $salt . 'datamachine-oauth', true), $iv, '', $text);
    $envelope = 'dm:enc:v1:' . base64_encode($iv) . ':' . base64_encode($tag) . ':' . base64_encode($ciphertext);
    return ['salt' => bin2hex($salt), 'envelope' => $envelope, 'plaintext' => bin2hex($text)];
};
$good = $old('put your unique phrase here', known('iv', 12), 'tokén');
[, , , $iv, $tag, $text] = explode(':', $good['envelope']);
$flip = fn (string $part) => base64_encode(chr(ord(base64_decode($part)[0]) ^ 1) . substr(base64_decode($part), 1));
write('legacy-envelope', [
    'good' => [
        $good,
        $old('put your unique phrase here', known('iv', 12), 't'),
        $old("salt with \xff and \0", known('other iv', 12), str_repeat('a', 500)),
    ],
    'failing' => failing([
        ['another salt', 'does_not_open', ['salt' => bin2hex('another')]],
        ['no salt', 'does_not_open', ['salt' => '']],
        ['iv flipped', 'does_not_open', ['envelope' => "dm:enc:v1:{$flip($iv)}:$tag:$text"]],
        ['tag flipped', 'does_not_open', ['envelope' => "dm:enc:v1:$iv:{$flip($tag)}:$text"]],
        ['ciphertext flipped', 'does_not_open', ['envelope' => "dm:enc:v1:$iv:$tag:{$flip($text)}"]],
        ['ciphertext missing', 'does_not_open', ['envelope' => "dm:enc:v1:$iv:$tag:"]],
        ['ciphertext cut', 'does_not_open', ['envelope' => "dm:enc:v1:$iv:$tag:" . substr($text, 0, 4)]],
        ['cut within base64', 'malformed', ['envelope' => substr($good['envelope'], 0, -1)]],
        ['a part missing', 'malformed', ['envelope' => "dm:enc:v1:$iv:$tag"]],
        ['a part more', 'malformed', ['envelope' => "dm:enc:v1:$iv:$tag:$text:"]],
        ['tag and iv exchanged', 'malformed', ['envelope' => "dm:enc:v1:$tag:$iv:$text"]],
        ['no base64', 'malformed', ['envelope' => "dm:enc:v1:$iv:$tag:*$text"]],
        ['white space', 'malformed', ['envelope' => "dm:enc:v1:$iv:$tag:$text\n"]],
        ['the prefix alone', 'malformed', ['envelope' => 'dm:enc:v1:']],
        ['version 2', 'malformed', ['envelope' => 'dm:enc:v2:' . substr($good['envelope'], 10)]],
        ['upper case', 'malformed', ['envelope' => 'DM:ENC:V1:' . substr($good['envelope'], 10)]],
        ['plaintext', 'malformed', ['envelope' => 'tokén']],
        ['empty', 'malformed', ['envelope' => '']],
    ]),
]);

// --- a whole store: a row, a pair's grants and head, and the audit chain about them, after docs/formats.md

$hex = fn (string $bytes) => ['hex' => bin2hex($bytes)];
$bytes = fn (string $bytes) => ['bytes' => bin2hex($bytes)];
$optional = fn (?string $bytes) => ['optional' => $bytes === null ? null : bin2hex($bytes)];
$number = fn (?int $number) => ['optional' => $number === null ? null : bin2hex(pack('P', $number))];
$mac = fn (string $label, array $list) =>
    hash_hmac('sha256', fields($label, $list), hash_hkdf('sha256', $secret, 32, $label), true);

$connection = known('connection', 16);
$row = [
    'kind' => 0, 'provider' => 'instagram', 'owner' => 'user:12', 'account' => 'default', 'remote_id' => '42',
    'display_name' => 'Ünï', 'scopes' => 'instagram_basic', 'status' => 'active', 'status_cause' => null,
    'expires_at' => 4000000000, 'revision' => 5, 'seal_revision' => 1, 'connected_at' => 1700000000,
    'updated_at' => 1700000001, 'legacy' => '{"order":3}',
];
$row_mac = $mac('dm/v1/mac/rows', [
    $bytes($store), $bytes($connection), ['integer' => $row['kind']], ['text' => $row['provider']],
    ['text' => $row['owner']], ['text' => $row['account']], $optional($row['remote_id']),
    $optional($row['display_name']), ['text' => $row['scopes']], ['text' => $row['status']],
    $optional($row['status_cause']), $number($row['expires_at']), ['integer' => $row['revision']],
    ['integer' => $row['seal_revision']], ['integer' => $row['connected_at']], ['integer' => $row['updated_at']],
    $optional($row['legacy']),
]);
$document = '{"access_token":"tokén"}';
$bound = [
    $bytes($store), $bytes($connection), ['text' => $row['owner']], ['text' => $row['provider']],
    ['text' => 'connection'],
];
[$data_key, $data_key_id] = [known('data key', 32), known('data key id', 8)];
$wrapped_key = record($kek, $kek_id, known('wrap salt', 32), 'dm/v1/data-key', fields('dm/v1/data-key', $bound),
    $data_key_id . $data_key);
$sealed = record($data_key, $data_key_id, known('seal salt', 32), 'dm/v1/sealed',
    fields('dm/v1/sealed', [...$bound, ['integer' => $row['seal_revision']]]), $document);

$grant = function (int $which, array $differs) use ($store, $bytes, $optional, $number, $mac): array {
    $gone = ($differs['state'] ?? '') === 'revoked';
    $grant = $differs + [
        'id' => "\1\x93" . chr($which) . known('grant', 13), 'agent' => 'agent:7', 'owner' => 'user:12',
        'provider' => 'instagram', 'connection' => null, 'effect' => 'permit', 'state' => 'active',
        'not_before' => null, 'expires_at' => null, 'uses_left' => null, 'origin' => '', 'revision' => 1,
        'terms' => json_encode([
            'scopes' => [], 'operations' => ['publish'], 'contexts' => '*', 'run' => 'any', 'for' => 'owner',
            'note' => 'Ünï', 'granted_by' => 'user:12', 'granted_why' => null, 'granted_at' => 1700000002,
            'revoked_by' => $gone ? 'cli' : null, 'revoked_why' => null, 'revoked_at' => $gone ? 1700000003 : null,
        ], JSON_UNESCAPED_UNICODE),
    ];
    return $grant + ['mac' => $mac('dm/v1/mac/grants', [
        $bytes($store), $bytes($grant['id']), ['text' => $grant['agent']], ['text' => $grant['owner']],
        ['text' => $grant['provider']], $optional($grant['connection']), ['text' => $grant['effect']],
        ['text' => $grant['state']], $number($grant['not_before']), $number($grant['expires_at']),
        $number($grant['uses_left']), ['text' => $grant['terms']], ['text' => $grant['origin']],
        ['integer' => $grant['revision']],
    ])];
};
$limited = $grant(1, ['not_before' => 0, 'expires_at' => 4000000000, 'uses_left' => 3]);
$forbids = $grant(2, ['effect' => 'forbid', 'connection' => $connection]);
$ended = $grant(3, ['state' => 'revoked', 'origin' => 'delegation', 'revision' => 2]);
$head = fn (int $sequence, array $live) => $mac('dm/v1/mac/grant-heads', [
    $bytes($store), ['text' => 'agent:7'], ['text' => 'user:12'], ['integer' => count($live)],
    ['integer' => $sequence],
    ...array_merge(...array_map(fn ($grant) => [$bytes($grant['id']), $bytes($grant['mac'])], $live)),
]);
$heads = [$head(6, [$limited]), $head(7, [$limited, $forbids])];

$tag = fn (string $of, string $of_mac) => bin2hex($mac('dm/v1/mac/audit', [['text' => $of], $bytes($of_mac)]));
$told = fn (array $grant) => [
    'agent' => $grant['agent'], 'subject' => $grant['owner'], 'connection' => $grant['connection'],
    'grant_id' => $grant['id'],
];
$records = [
    ['event' => 'begun', 'says' => new stdClass()],
    ['event' => 'saved', 'subject' => 'user:12', 'connection' => $connection, 'about_row' => 1, 'says' => [
        'kind' => 'connection', 'provider' => 'instagram', 'account' => 'default', 'revision' => 5,
        'row' => $tag('row', $row_mac),
    ]],
    ['event' => 'grant_created', 'about_pair' => 1, 'says' => [
        'pair' => ['tag' => $tag('pair', $heads[0]), 'sequence' => 6],
    ]] + $told($limited),
    ['event' => 'grant_revoked', 'says' => ['revision' => 2]] + $told($ended),
    ['event' => 'grant_created', 'about_pair' => 1, 'says' => ['pair' => [
        'tag' => $tag('pair', $heads[1]), 'was' => $tag('pair', $heads[0]), 'sequence' => 7,
    ]]] + $told($forbids),
    ['event' => 'refused', 'agent' => 'agent:7', 'says' => ['target' => 'reddit', 'code' => 'no_grant']],
];
$chain = [];
$last = str_repeat("\0", 32);
foreach ($records as $at => $record) {
    $record += [
        'stream' => 0, 'sequence' => $at + 1, 'at' => 1700000001 + $at, 'agent' => null, 'subject' => null,
        'connection' => null, 'grant_id' => null, 'about_row' => 0, 'about_pair' => 0,
        'record' => json_encode($record['says'], JSON_THROW_ON_ERROR),
    ];
    unset($record['says']);
    $last = $mac('dm/v1/mac/audit', [
        ['text' => 'record'], ['integer' => $record['stream']], ['integer' => $record['sequence']],
        ['integer' => $record['at']], ['text' => $record['event']], $optional($record['agent']),
        $optional($record['subject']), $optional($record['connection']), $optional($record['grant_id']),
        ['integer' => $record['about_row']], ['integer' => $record['about_pair']], $bytes($record['record']),
        $bytes($last),
    ]);
    $chain[] = $record + ['mac' => $last];
}
$end = $last . $mac('dm/v1/mac/audit', [
    ['text' => 'head'], ['integer' => 0], ['integer' => count($chain)], $bytes($last),
]);
$anchor = $mac('dm/v1/mac/audit', [
    ['text' => 'anchor'], $bytes($store), ['integer' => 1700000100], ['integer' => 0], ['integer' => count($chain)],
    $bytes($last),
]);

// Somebody else's request in a chat, met twice.
$request = '{"agent":"agent:7","subject":{"asking":"user:13"},"session":"s","context":"chat","flow":null,'
    . '"may":{"scopes":"*","operations":"*"},"manages":[]}';
$wanted = '{"provider":"instagram","owner":"user:12","account":"default","connection":null,'
    . '"powers":{"scopes":[],"operations":["publish"]}}';
$proposal_id = substr($mac('dm/v1/mac/proposals', array_map(
    fn ($text) => ['text' => $text],
    ['same', 'agent:7', 'asking user:13', 'chat', 'none', $wanted],
)), 0, 16);
$proposal = ['id' => $proposal_id, 'request' => $request, 'wanted' => $wanted] + [
    'count' => 2, 'first_at' => 1700000050, 'last_at' => 1700000060,
    'mac' => $mac('dm/v1/mac/proposals', [
        $bytes($store), $bytes($proposal_id), ['text' => $request], ['text' => $wanted],
    ]),
];

// What is known of the row's renewals: they failed, and the credential was handed in without an answer.
$token = json_encode(json_decode($document, true)['access_token'], JSON_UNESCAPED_UNICODE);
$fingerprint = $mac('dm/v1/mac/fingerprints', [$bytes($store), $bytes($connection), ['text' => $token]]);
$state = '{"fence":4,"lease":null,"lost":"' . bin2hex($fingerprint) . '","failures":3,"cause":"unavailable",'
    . '"next_at":null,"gave_up":false,"refreshed_at":null,"consented_at":null,"told":null}';
$refresh = ['connection' => $connection, 'revision' => 5, 'state' => $state] + [
    'mac' => $mac('dm/v1/mac/refreshes', [
        $bytes($store), $bytes($connection), ['integer' => 5], ['text' => $state],
    ]),
];

$blobs = fn (array $row, string ...$names) => array_map(
    fn ($name, $value) => is_string($value) && in_array($name, $names, true) ? $hex($value) : $value,
    array_keys($row), $row,
);
$table = fn (array $rows, string ...$blob_names) =>
    array_map(fn ($row) => array_combine(array_keys($row), $blobs($row, ...$blob_names)), $rows);
write('store', [
    'key' => bin2hex($kek),
    'document' => $document,
    'tables' => [
        'keys' => $table([[
            'id' => $kek_id, 'status' => 'primary', 'created_at' => 1700000000,
            'check_value' => hash_hkdf('sha256', $kek, 32, "dm/v1/check-value$store$kek_id"),
        ]], 'id', 'check_value'),
        'connections' => $table([['id' => $connection] + $row + [
            'key_id' => $kek_id, 'row_mac' => $row_mac, 'wrapped_key' => $wrapped_key, 'sealed' => $sealed,
        ]], 'id', 'key_id', 'row_mac', 'wrapped_key', 'sealed'),
        'grants' => $table([$limited, $forbids, $ended], 'id', 'connection', 'mac'),
        'grant_heads' => $table([[
            'agent' => 'agent:7', 'owner' => 'user:12', 'count' => 2, 'sequence' => 7, 'head' => $heads[1],
        ]], 'head'),
        'proposals' => $table([$proposal], 'id', 'mac'),
        'refreshes' => $table([$refresh], 'connection', 'mac'),
        'audit' => $table($chain, 'connection', 'grant_id', 'record', 'mac'),
        'audit_streams' => $table([['stream' => 0, 'sequence' => count($chain), 'head' => $end]], 'head'),
    ],
    'store' => ['store_id' => $hex($store), 'secret_key_id' => $hex($kek_id), 'wrapped_secret' => $hex($wrapped)],
    'anchor' => [
        'at' => 1700000100, 'streams' => [['stream' => 0, 'sequence' => count($chain)]], 'hash' => bin2hex($anchor),
    ],
]);
