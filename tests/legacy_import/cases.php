<?php
// Prints cases for the comparison with PHP, a JSON object of base64 fields on each line:
//   values N      a value: "php" serialised, "json" as PHP prints it (empty where it cannot)
//   texts N       a JSON text: "text", and "php": what PHP decodes from it, serialised (null where it is no JSON)
//   broken N      a serialised value that was tampered with: "php", and "json" (null where PHP refuses it)
// The random numbers are seeded, so every run has the same cases.

declare(strict_types=1);

const FLAGS = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
const TEXTS = ['', 'plain', "quote\" back\\slash /", "\x00\x01\x08\x0b\x0c\x1f\x7f\n\r\t", "Zoë 音楽 🎧", "\u{2028}\u{2029}\u{ffff}",
    "\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", 'a:1:{i:0;s:3:"x";}";}', "\0*\0p", '0', '-0', '05', '7', '-7',
    '9223372036854775807', '9223372036854775808', '-9223372036854775808', '-9223372036854775809', '1.5', '+1', ' 1', "1\0"];
const FLOATS = [0.0, -0.0, 0.1, 1.0, -1.5, 1e15, 1e16, 1e17, 1e18, 123456789012345678.0, 99999999999999990.0, 0.001, 0.0001, 0.00012,
    0.00001, 1e-7, 1.25e-9, 1e100, -1e22, 1e21, 5e-324, PHP_FLOAT_MIN, PHP_FLOAT_MAX, PHP_FLOAT_EPSILON, 2.0 ** 53, 2.0 ** 63,
    0.1 + 0.2, 1 / 3, 9007199254740993.0, 4.35, 1e23, INF, -INF, NAN];

function any_float(): float
{
    return match (mt_rand(0, 4)) {
        0 => FLOATS[array_rand(FLOATS)],
        1 => unpack('d', pack('V2', mt_rand(0, 0xffffffff), mt_rand(0, 0xffffffff)))[1],
        2 => mt_rand(-1000000, 1000000) / 10 ** mt_rand(0, 12),
        3 => (float) ('1e' . mt_rand(-30, 30)) * mt_rand(1, 9),
        4 => 2.0 ** mt_rand(-1074, 1023),
    };
}

function any_text(): string
{
    return match (mt_rand(0, 3)) {
        0, 1 => TEXTS[array_rand(TEXTS)],
        2 => (string) mt_rand(-20, 20),
        3 => mb_chr([mt_rand(0, 0x7f), mt_rand(0x80, 0x7ff), mt_rand(0xe000, 0xffff), mt_rand(0x10000, 0x10ffff)][mt_rand(0, 3)]),
    };
}

function any_value(int $levels): mixed
{
    switch (mt_rand(0, $levels > 0 ? 9 : 6)) {
        case 0: return null;
        case 1: return (bool) mt_rand(0, 1);
        case 2: return [0, -1, PHP_INT_MAX, PHP_INT_MIN, mt_rand(-99999, 99999)][mt_rand(0, 4)];
        case 3: return any_float();
        case 4: case 5: case 6: return any_text();
        case 7: return array_map(fn () => any_value($levels - 1), array_fill(0, mt_rand(0, 4), null));
        case 8: // Nearly a list: a key is missing, or they are out of order.
            $list = array_map(fn () => any_value($levels - 1), array_fill(mt_rand(0, 1), mt_rand(1, 4), null));
            return mt_rand(0, 1) ? array_reverse($list, true) : array_replace($list, [mt_rand(0, 5) => 'more']);
        default:
            $array = [];
            for ($i = mt_rand(0, 5); $i > 0; $i--) {
                $array[any_text()] = any_value($levels - 1);
            }
            return $array;
    }
}

function any_number_text(): string
{
    $digits = fn (): string => (string) mt_rand(0, [9, 999, PHP_INT_MAX][mt_rand(0, 2)]);
    return (mt_rand(0, 1) ? '-' : '') . (mt_rand(0, 3) ? $digits() . (mt_rand(0, 2) ? '' : mt_rand(0, 99)) : '0')
        . (mt_rand(0, 1) ? '' : '.' . $digits()) . (mt_rand(0, 2) ? '' : ['e', 'E', 'e+', 'E-'][mt_rand(0, 3)] . mt_rand(0, 400));
}

function tampered(string $php): string
{
    $other = serialize(any_value(2));
    for ($i = mt_rand(1, 2); $i > 0; $i--) {
        $at = mt_rand(0, max(0, strlen($php) - 1));
        $php = match (mt_rand(0, 6)) {
            0 => substr($php, 0, $at),
            1 => substr_replace($php, chr(mt_rand(0, 255)), $at, 1),
            2 => substr_replace($php, '0123456789-+.E{}:;"aibdsNORCSE'[mt_rand(0, 29)], $at, mt_rand(0, 1)),
            3 => substr_replace($php, '', $at, mt_rand(1, 4)),
            4 => substr_replace($php, $other, $at, mt_rand(0, 8)),
            // Keys that occur twice: PHP takes the first place and the last value.
            5 => preg_replace('/([{;])(i:-?\d+;|s:1:".";)/', '$1' . ['i:0;', 's:1:"7";', 'i:7;'][mt_rand(0, 2)], $php, mt_rand(1, 3)) ?? $php,
            6 => preg_replace('/N;/', $other, $php, 1) ?? $php,
        };
    }
    return $php;
}

function line(?string ...$fields): void
{
    echo json_encode(array_map(fn ($field) => null === $field ? null : base64_encode($field), $fields)), "\n";
}

mt_srand(20261121);
[, $kind, $count] = $argv;
for ($i = 0; $i < (int) $count; $i++) {
    switch ($kind) {
        case 'values':
            $value = $i < count(FLOATS) ? FLOATS[$i] : (mt_rand(0, 1) ? any_float() : any_value(5));
            line(php: serialize($value), json: (string) json_encode($value, FLAGS));
            break;
        case 'texts':
            $text = mt_rand(0, 1) ? any_number_text() : false;
            while (false === $text) {
                $text = json_encode(any_value(5), mt_rand(0, 1023) & ~JSON_PARTIAL_OUTPUT_ON_ERROR & ~JSON_NUMERIC_CHECK);
            }
            $value = json_decode($text, true);
            line(text: $text, php: JSON_ERROR_NONE === json_last_error() ? serialize($value) : null);
            break;
        case 'broken':
            $php   = tampered(serialize(any_value(4)));
            $value = @unserialize($php, ['allowed_classes' => false]);
            line(php: $php, json: false === $value && 'b:0;' !== $php ? null : (string) json_encode($value, FLAGS));
            break;
    }
}
