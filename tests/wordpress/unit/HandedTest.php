<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress\Unit;

use DataMachine\Connections\WordPress\Window\Handed;
use PHPUnit\Framework\TestCase;

/**
 * Which of the arrays that were handed out somebody changed into what is written. Each write is read before it by
 * WordPress itself.
 */
final class HandedTest extends TestCase
{
    private int $sealed = 0;

    public function testWhatWasJustSavedAndIsDeletedAgainIsNoWriteOfWhatWasThereBefore(): void
    {
        $handed = new Handed();
        $saved = ['acme' => ['account' => ['access_token' => $this->seal(), 'expires' => 1]]];
        $read = ['acme' => ['account' => ['access_token' => $this->seal(), 'expires' => 1]]];
        foreach ([[], [], $saved, $read, $read] as $version) {
            $handed->remember($version);
        }
        self::assertSame($read, $handed->base(['acme' => []]));
        self::assertSame($read, $handed->base([]));
    }

    public function testWhatWordPressReadsBeforeItWritesIsNotWhatTheWriterRead(): void
    {
        $handed = new Handed();
        $one = ['acme' => ['account' => ['name' => 'a']]];
        $handed->remember($one);
        // Somebody else saved meanwhile.
        $handed->remember($one + ['other' => ['account' => ['name' => 'b']]]);
        self::assertSame($one, $handed->base(['acme' => ['account' => ['name' => 'c']]]));
    }

    public function testWhoHoldsOnToAnOlderOneIsKnownByItsEnvelopes(): void
    {
        $handed = new Handed();
        $old = ['acme' => ['account' => ['token' => $this->seal()]], 'b' => ['config' => ['secret' => $this->seal()]]];
        $new = ['acme' => ['account' => ['token' => $this->seal()]], 'b' => ['config' => ['secret' => $this->seal()]]];
        foreach ([$old, $old, $new, $new] as $version) {
            $handed->remember($version);
        }
        unset($old['acme']);
        self::assertArrayHasKey('acme', $handed->base($old));
        self::assertSame($old['b'], $handed->base($old)['b']);
    }

    public function testWhereNobodyReadItIsWhatWordPressRead(): void
    {
        $handed = new Handed();
        $handed->remember(['acme' => ['account' => ['name' => 'a']]]);
        self::assertSame(['acme' => ['account' => ['name' => 'a']]], $handed->base(['other' => []]));
    }

    private function seal(): string
    {
        return 'dm:enc:v1:' . base64_encode(pack('J', ++$this->sealed));
    }
}
