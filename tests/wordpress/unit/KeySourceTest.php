<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress\Unit;

use DataMachine\Connections\Tests\Process;
use DataMachine\Connections\WordPress\KeySource;
use PHPUnit\Framework\TestCase;

/**
 * Where the key comes from.
 */
final class KeySourceTest extends TestCase
{
    private const NAME = KeySource::NAME;

    protected function tearDown(): void
    {
        putenv(self::NAME);
    }

    public function testAFileWhereNothingElseIs(): void
    {
        $source = KeySource::look(__FILE__);
        self::assertSame([KeySource::FILE, __FILE__], [$source->kind, $source->file]);
        self::assertTrue($source->isThere());
        self::assertNull($source->keys());
        self::assertFalse(KeySource::look('/nonexistent/primary.key')->isThere());
        self::assertFalse(KeySource::look(null)->isThere());
    }

    public function testTheEnvironmentBeforeAFile(): void
    {
        putenv(self::NAME . '=' . base64_encode(random_bytes(32)));
        $source = KeySource::look(__FILE__);
        self::assertSame([KeySource::ENVIRONMENT, null, true], [$source->kind, $source->file, $source->isThere()]);
        self::assertNotNull($source->keys());
        // A line that was left blank says nothing.
        foreach (['', ' '] as $blank) {
            putenv(self::NAME . "={$blank}");
            self::assertSame(KeySource::FILE, KeySource::look(__FILE__)->kind);
        }
    }

    public function testAConstantBeforeAllAndNothingOfItIsShown(): void
    {
        $key = base64_encode(random_bytes(32));
        $said = Process::run('
            use DataMachine\Connections\WordPress\KeySource;
            putenv(KeySource::NAME . "=" . base64_encode(random_bytes(32)));
            define(KeySource::NAME, $arguments["key"]);
            $source = KeySource::look(__FILE__);
            var_dump($source, $source->keys()); print_r($source->keys()); echo serialize($source);
            var_export((array) $source);', ['key' => $key]);
        self::assertStringContainsString('constant', $said);
        self::assertStringNotContainsString($key, $said);
        self::assertStringNotContainsString((string) base64_decode($key), $said);
    }

    public function testAConstantThatIsNoTextIsNone(): void
    {
        foreach (['false', 'true', 'null', '""', '[]'] as $value) {
            $said = Process::run('define("' . self::NAME . "\", {$value});
                echo DataMachine\\Connections\\WordPress\\KeySource::look(null)->kind;");
            self::assertSame(KeySource::FILE, $said, $value);
        }
    }
}
