<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Exception\KeyUnavailableException;
use DataMachine\Connections\LegacyEnvelope;

final class LegacyEnvelopeTest extends VaultTestCase
{
    private const SALT = 'what wp_salt() returned é';

    public function testTheOldRulesOpenWhatIsSealed(): void
    {
        foreach (['token', '', "\0\xff", str_repeat('long', 50_000)] as $value) {
            $sealed = LegacyEnvelope::seal(self::SALT, $value);
            self::assertStringStartsWith(LegacyEnvelope::PREFIX, $sealed);
            self::assertNotSame($sealed, LegacyEnvelope::seal(self::SALT, $value));
            self::assertSame($value, OldRules::open(self::SALT, $sealed));
            self::assertSame($value, LegacyEnvelope::open(self::SALT, $sealed));
        }
    }

    public function testWhatTheOldRulesSealedOpensAndWhatIsInsideToo(): void
    {
        $sealed = OldRules::seal(self::SALT, 'token');
        self::assertSame('token', LegacyEnvelope::open(self::SALT, $sealed));
        self::assertSame('token', LegacyEnvelope::open(self::SALT, OldRules::seal(self::SALT, $sealed)));
    }

    public function testWhatDoesNotOpenSaysWhy(): void
    {
        $sealed = LegacyEnvelope::seal(self::SALT, 'canary');
        $refused = [
            'not_an_envelope' => ['canary', '', 'dm:enc:v2:a:b:c'],
            'envelope_malformed' => ['dm:enc:v1:', 'dm:enc:v1:a:b:c', substr($sealed, 0, -3), "{$sealed}:x"],
        ];
        foreach ($refused as $reason => $values) {
            foreach ($values as $value) {
                $thrown = self::assertThrows(
                    InvalidArgumentException::class,
                    static fn () => LegacyEnvelope::open(self::SALT, $value),
                );
                self::assertSame($reason, $thrown->detail()['reason']);
                self::assertStringNotContainsString('canary', (string) $thrown);
            }
        }
        $thrown = self::assertThrows(
            KeyUnavailableException::class,
            static fn () => LegacyEnvelope::open('another salt', $sealed),
        );
        self::assertSame('envelope_does_not_open', $thrown->detail()['reason']);
    }
}
