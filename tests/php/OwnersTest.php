<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\LegacyFormat;

final class OwnersTest extends VaultTestCase
{
    public function testAnOwnerGoesWithAllItHas(): void
    {
        $vault = $this->open();
        $principal = ['config' => ['a' => 1], 'account' => ['a' => 1], 'accounts' => ['b' => ['a' => 1]], 'own' => 'x'];
        $option = json_encode([
            'reddit' => ['account' => ['a' => 1], 'principals' => ['user:1' => $principal, 'user:2' => $principal]],
            'twitter' => ['principals' => ['user:1' => ['account' => ['a' => 1]]]],
        ]);
        $vault->importLegacy((string) $option, [], LegacyFormat::Json);

        $gone = $vault->clearOwner('user:1', 'reddit');
        self::assertSame([2, 1, 1, 0], [$gone->connections, $gone->configs, $gone->kept, $gone->unread]);
        self::assertNotSame('', $gone->note);
        self::assertNull($vault->get('reddit', 'user:1'));
        self::assertNull($vault->configs()->get('reddit', 'user:1'));
        self::assertNotNull($vault->get('twitter', 'user:1'));
        self::assertSame(1, $vault->clearOwner('user:1')->connections);
        self::assertSame(0, $vault->clearOwner('user:1')->connections);
        self::assertNotNull($vault->get('reddit', 'user:2', 'b'));
        self::assertNotNull($vault->get('reddit', 'site:0'));

        $vault->importLegacy((string) $option, [], LegacyFormat::Json);
        self::assertNull($vault->get('reddit', 'user:1'));
        self::assertThrows(InvalidArgumentException::class, static fn () => $vault->clearOwner('nobody'));
    }
}
