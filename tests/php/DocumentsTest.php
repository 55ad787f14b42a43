<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Document;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\InvalidDocumentException;
use DataMachine\Connections\Exception\TooLargeException;

final class DocumentsTest extends VaultTestCase
{
    /**
     * @return array<string, array{string}>
     */
    public static function texts(): array
    {
        return [
            'empty object' => ['{}'],
            'empty array' => ['[]'],
            'nested empties' => ['{"a":[],"b":{},"c":[[],{}],"d":{"e":{}}}'],
            'white space' => ["{ \"a\" :\t1 ,\n \"b\": [ 1 , 2 ] }"],
            'key order' => ['{"z":1,"a":2,"10":3,"9":4}'],
            'unicode' => ['{"name":"Grüße 日本 🎈","é":"e\u0301"}'],
            'escapes' => ['{"a":"\u00fc\/\ud83c\udf88\n\u2028","\u0061b":1}'],
            'numbers' => ['{"a":2.0,"b":1e3,"c":-0,"d":0.10}'],
            'large numbers' => ['{"a":9223372036854775807,"b":123456789012345678901234567890}'],
            'NUL inside, escaped' => ['{"a":"x\u0000y"}'],
            'values' => ['{"t":true,"f":false,"n":null,"s":"","l":[1,"2",null]}'],
        ];
    }

    /**
     * @dataProvider texts
     */
    public function testBytesComeBackAsTheyWentIn(string $json): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', Document::fromJson($json));
        self::assertSame($json, $vault->get('reddit', 'user:1')?->document->toJson());
        $vault->configs()->save('reddit', 'user:1', Document::fromJson($json));
        self::assertSame($json, $vault->configs()->get('reddit', 'user:1')?->document->toJson());
    }

    public function testArraysComeBackAsTheyWentIn(): void
    {
        $array = [
            'unicode' => 'Grüße/日本 🎈 ',
            'float' => 2.0,
            'small' => 1.0e-10,
            'large' => 1.0e+25,
            'max' => PHP_INT_MAX,
            'min' => PHP_INT_MIN,
            'none' => null,
            'yes' => true,
            'empty' => [],
            'list' => [1, [2, []], ['k' => 'v']],
            'nul' => "a\0b",
            'quote' => "\"\\\n\u{2028}",
            7 => 'integer key',
        ];
        $vault = $this->open();
        $vault->save('reddit', 'user:1', $array);
        $read = $vault->get('reddit', 'user:1');
        self::assertSame($array, $read?->document->toArray());
        $flags = JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_PRESERVE_ZERO_FRACTION;
        self::assertSame(json_encode($array, $flags), $read->document->toJson());
    }

    public function testADocumentReadMayBeSavedElsewhere(): void
    {
        $vault = $this->open();
        $vault->save('reddit', 'user:1', Document::fromJson('{"a":{},"b":2.0}'));
        $document = $vault->get('reddit', 'user:1')?->document;
        self::assertNotNull($document);
        $vault->save('reddit', 'user:2', $document);
        self::assertSame('{"a":{},"b":2.0}', $vault->get('reddit', 'user:2')?->document->toJson());
    }

    public function testToArrayHasOneEmptyArrayOnly(): void
    {
        $document = Document::fromJson('{"object":{},"list":[]}');
        self::assertSame(['object' => [], 'list' => []], $document->toArray());
    }

    public function testLargeDocuments(): void
    {
        $vault = $this->open();
        $whole = '{"a":"' . str_repeat('x', (1 << 20) - 8) . '"}';
        self::assertSame(1 << 20, strlen($whole));
        $vault->save('reddit', 'user:1', Document::fromJson($whole));
        self::assertSame($whole, $vault->get('reddit', 'user:1')?->document->toJson());
        foreach ([(1 << 20) + 1, (16 << 20) + 1] as $length) {
            $long = Document::fromJson(str_pad('{}', $length));
            self::assertThrows(
                TooLargeException::class,
                static fn () => $vault->save('reddit', 'user:1', $long)
            );
        }
        self::assertSame($whole, $vault->get('reddit', 'user:1')?->document->toJson());
    }

    /**
     * @return array<string, array{string}>
     */
    public static function refused(): array
    {
        return [
            'nothing' => [''],
            'not JSON' => ['fake-secret'],
            'a list' => ['["fake-secret"]'],
            'a string' => ['"fake-secret"'],
            'two values' => ['{} {}'],
            'duplicate keys' => ['{"a":"fake-secret","a":1}'],
            'duplicate keys, escaped' => ['{"a":"fake-secret","\u0061":1}'],
            'duplicate keys, nested' => ['{"x":[{"a":"fake-secret","a":1}]}'],
            'invalid UTF-8' => ["{\"a\":\"fake-secret\xff\"}"],
            'lone surrogate' => ['{"a":"fake-secret\ud800"}'],
            'a raw NUL' => ["{\"a\":\"fake-secret\0\"}"],
            'cut off' => ['{"a":"fake-secret'],
            '65 levels' => [str_repeat('{"a":', 65) . '"fake-secret"' . str_repeat('}', 65)],
            'absurd depth' => [str_repeat('{"a":', 100_000)],
        ];
    }

    /**
     * @dataProvider refused
     */
    public function testWhatIsNoDocumentIsRefused(string $json): void
    {
        $vault = $this->open();
        $thrown = self::assertThrows(
            InvalidDocumentException::class,
            static fn () => $vault->save('reddit', 'user:1', Document::fromJson($json))
        );
        self::assertStringNotContainsString('fake-secret', $thrown . json_encode($thrown->detail()));
        self::assertNull($vault->get('reddit', 'user:1'));
    }

    public function testSixtyFourLevelsAreFine(): void
    {
        $json = str_repeat('{"a":', 64) . '1' . str_repeat('}', 64);
        $vault = $this->open();
        $vault->save('reddit', 'user:1', Document::fromJson($json));
        self::assertSame($json, $vault->get('reddit', 'user:1')?->document->toJson());
    }

    public function testArraysThatJsonCannotHoldAreRefused(): void
    {
        $recursive = ['secret' => 'fake-secret'];
        $recursive['itself'] = &$recursive;
        $arrays = [
            ['a' => NAN],
            ['a' => INF],
            ['a' => "fake-secret\xff"],
            ['a' => fopen('php://memory', 'r')],
            $recursive,
            ['fake-secret', 'b'],
            ['a' => new class implements \JsonSerializable {
                public function jsonSerialize(): mixed
                {
                    throw new \RuntimeException('fake-secret');
                }
            }],
        ];
        $vault = $this->open();
        foreach ($arrays as $array) {
            $thrown = self::assertThrows(
                InvalidDocumentException::class,
                static fn () => $vault->save('reddit', 'user:1', $array)
            );
            self::assertStringNotContainsString('fake-secret', (string) $thrown);
        }
        self::assertNull($vault->get('reddit', 'user:1'));
    }

    public function testNulBytesAndInvalidUtf8InNamesAreRefused(): void
    {
        $vault = $this->open();
        $calls = [
            static fn () => $vault->get("red\0dit", 'user:1'),
            static fn () => $vault->get('reddit', "user:1\0"),
            static fn () => $vault->save('reddit', 'user:1', [], "def\0ault"),
            static fn () => $vault->find(['provider' => "reddit\0"]),
            static fn () => $vault->configs()->get("\0", 'site:0'),
            static fn () => $vault->get("red\xffdit", 'user:1'),
            static fn () => $vault->find(['provider' => "reddit\xff"]),
            static fn () => $vault->save('reddit', 'user:1', [], options: ['display_name' => "\xff"]),
            fn () => $this->open(['path' => $this->place() . "\xff"]),
        ];
        foreach ($calls as $call) {
            self::assertThrows(InvalidArgumentException::class, $call);
        }
    }
}
