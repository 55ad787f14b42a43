<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress\Unit;

use DataMachine\Connections\Tests\Process;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Host;
use PHPUnit\Framework\TestCase;

/**
 * Which server this is, and the anchor that says which it was.
 */
final class HostTest extends TestCase
{
    public function testItIsThisServerAndTheDirectoryOnIt(): void
    {
        $host = Host::now(__DIR__);
        self::assertSame([gethostname(), fileinode(__DIR__)], [$host->name, $host->inode]);
        self::assertNull(Host::now('/nonexistent')->inode);
        $named = Process::run('define("DATAMACHINE_CONNECTIONS_HOST", "web-1");
            echo DataMachine\Connections\WordPress\Host::now("/")->name;');
        self::assertSame('web-1', $named);
    }

    /**
     * @return array<string, array{string, ?int, ?int, bool}>
     */
    public static function servers(): array
    {
        return [
            'the same' => ['web-1', 10, 10, false],
            'a container of today' => ['web-2', 10, 10, false],
            'a directory that was put back' => ['web-1', 11, 10, false],
            'another one' => ['web-2', 11, 10, true],
            'another name, and the directory is hidden' => ['web-2', null, 10, false],
            'another name, and it was hidden' => ['web-2', 11, null, false],
        ];
    }

    /**
     * @dataProvider servers
     */
    public function testAnotherServerDiffersInBoth(string $name, ?int $inode, ?int $was, bool $other): void
    {
        self::assertSame($other, (new Host($name, $inode))->isOther($this->anchor($was)));
    }

    public function testTheAnchorFollows(): void
    {
        $now = (new Host('web-2', null))->in($this->anchor(10));
        self::assertSame(['web-2', 10], [$now->host, $now->inode]);
        self::assertSame(11, (new Host('web-2', 11))->in($this->anchor(10))->inode);
    }

    public function testAnAnchorIsWhatWasWritten(): void
    {
        $anchor = $this->anchor(10);
        self::assertSame($anchor->toArray(), Anchor::fromArray($anchor->toArray())?->toArray());
        self::assertNull(Anchor::fromArray(false));
        self::assertNull(Anchor::fromArray([]));
        self::assertSame('enforce', Anchor::fromArray(['mode' => 'whatever'] + $anchor->toArray())?->mode->value);
        $damaged = [
            'store_id' => 'text', 'path' => ['path' => ''], 'host' => ['host' => null],
            'key' => ['key' => 3], 'site_hash' => ['site_hash' => ''],
        ];
        foreach ($damaged as $lacks => $value) {
            try {
                Anchor::fromArray(is_array($value) ? $value + $anchor->toArray() : $value);
                self::fail("An anchor without {$lacks} was taken.");
            } catch (\UnexpectedValueException $thrown) {
                self::assertSame($lacks, $thrown->getMessage());
            }
        }
    }

    private function anchor(?int $inode): Anchor
    {
        return new Anchor('id', '/var/lib/dm/store', 'example.org', '0', 'file', '/var/lib/dm/key', 'web-1', $inode);
    }
}
