<?php

/**
 * Makes php/src/Native/dm_connections.h from include/dm_connections.h: only the functions that the client calls and
 * the types that these need, and nothing that PHP does without, since it parses and keeps all of it in each request.
 *
 *     php php/bin/lean-header.php            writes it
 *     php php/bin/lean-header.php --check    fails where it is not what would be written
 */

declare(strict_types=1);

$root = dirname(__DIR__, 2);
$source = "{$root}/include/dm_connections.h";
$client = [...glob("{$root}/php/src/*.php") ?: [], ...glob("{$root}/php/src/Native/*.php") ?: []];
$target = "{$root}/php/src/Native/dm_connections.h";

/**
 * The header's declarations, each on one line.
 *
 * @return list<string>
 */
$declarations = static function (string $header): array {
    $noise = ['~/\*.*?\*/~s', '~//[^\n]*~', '~^\s*#[^\n]*~m', '~__attribute__\s*\(\(\w+\)\)~'];
    $header = (string) preg_replace($noise, ' ', $header);
    $header = trim((string) preg_replace('~\s+~', ' ', $header));
    // Up to a semicolon that is not inside braces.
    preg_match_all('~(?:[^;{}]|\{[^{}]*\})+;~', $header, $found);
    return array_map('trim', $found[0]);
};

/**
 * What a declaration introduces: the name before a function's parameters, or the last word of a typedef.
 */
$nameOf = static function (string $declaration): string {
    $pattern = str_starts_with($declaration, 'typedef ') ? '~(\w+)\s*;$~' : '~(\w+)\s*\(~';
    return preg_match($pattern, $declaration, $found) === 1 ? $found[1] : '';
};

/**
 * The functions that PHP code calls: by `->dm_name(`, by the whole string 'dm_name', or declared for itself.
 *
 * @return list<string>
 */
$called = static function (string $code): array {
    preg_match_all("~->(dm_\w+)\(|'(dm_\w+)'|\b(dm_\w+)\(void\)~", $code, $found);
    $names = array_filter(array_merge(...array_slice($found, 1)));
    return array_values(array_unique($names));
};

$header = file_get_contents($source);
$code = implode(array_map(static fn (string $file): string => (string) file_get_contents($file), $client));
if ($header === false || $code === '') {
    fwrite(STDERR, "lean-header: {$source} or the client in {$root}/php/src cannot be read\n");
    exit(2);
}

$declared = [];
foreach ($declarations($header) as $declaration) {
    $declared[$nameOf($declaration)] = $declaration;
}
$wanted = array_fill_keys($called($code), true);
$unknown = array_diff_key($wanted, $declared);
if ($unknown !== []) {
    $names = implode(', ', array_keys($unknown));
    fwrite(STDERR, "lean-header: the client calls what the header does not declare: {$names}\n");
    exit(1);
}
// Backwards, since a type is declared before what uses it.
foreach (array_reverse($declared) as $name => $declaration) {
    if (isset($wanted[$name])) {
        preg_match_all('~\bdm_\w+~', $declaration, $used);
        $wanted += array_fill_keys($used[0], true);
    }
}

// PHP makes an object of each type it reads: one `const char *` for all, and of a status only that it is a number.
$short = [
    's' => 'const char *',
    'z' => 'size_t ',
    'b' => 'dm_buf *',
    'e' => 'dm_error **',
    'k' => 'const dm_salts *',
    't' => 'const dm_store *',
    'l' => 'const dm_lease *',
    'r' => 'dm_keyring *',
];
$shortened = static function (string $declaration) use ($short): string {
    if (str_starts_with($declaration, 'typedef ')) {
        return (string) preg_replace('~^typedef enum \{.*\} (\w+);$~', 'typedef int $1;', $declaration);
    }
    foreach ($short as $name => $type) {
        $parameter = '~(?<=[(,] |\()' . preg_quote($type) . '\w+(?=[,)])~';
        $declaration = (string) preg_replace($parameter, $name, $declaration);
    }
    return str_replace(', ', ',', (string) preg_replace('~(?<=\*)\w+(?=[,)])~', '', $declaration));
};
$lines = array_map($shortened, array_intersect_key($declared, $wanted));
$types = array_filter($lines, static fn (string $line): bool => str_starts_with($line, 'typedef '));
$aliases = array_map(
    static fn (string $name, string $type): string => "typedef {$type}{$name};",
    array_keys($short),
    $short
);
// And one type for all functions that take the same.
$alike = [];
foreach (array_diff_key($lines, $types) as $line) {
    preg_match('~^(.+[ *])(\w+)(\(.*\));$~', $line, $parts);
    $alike[$parts[1] . '%s' . $parts[3]][] = $parts[2];
}
$functions = [];
foreach ($alike as $form => $names) {
    $type = 'f' . count($functions);
    $functions[] = count($names) === 1
        ? sprintf($form, $names[0]) . ';'
        : 'typedef ' . sprintf($form, $type) . ";\n{$type} " . implode(',', $names) . ';';
}
$lean = "/* Made by php/bin/lean-header.php from include/dm_connections.h. */\n"
    . implode("\n", [...$types, ...$aliases, ...$functions]) . "\n";

if (in_array('--check', $argv, true)) {
    if (@file_get_contents($target) !== $lean) {
        fwrite(STDERR, "lean-header: {$target} is stale; run: php php/bin/lean-header.php\n");
        exit(1);
    }
    exit(0);
}
file_put_contents($target, $lean);
