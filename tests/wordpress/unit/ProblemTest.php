<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress\Unit;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Exception\ExtensionMissingException;
use DataMachine\Connections\Exception\FfiForbiddenException;
use DataMachine\Connections\Exception\StoreMissingException;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\SiteIdentity;
use PHPUnit\Framework\TestCase;

/**
 * What is wrong, in words for a person.
 */
final class ProblemTest extends TestCase
{
    public static function setUpBeforeClass(): void
    {
        require_once __DIR__ . '/stubs.php';
    }

    public function testEveryOneThatIsFoundHasItsWords(): void
    {
        $codes = (new \ReflectionClass(Problem::class))->getConstants(\ReflectionClassConstant::IS_PUBLIC);
        self::assertGreaterThan(10, count($codes));
        $said = [];
        foreach ($codes as $code) {
            $problem = new Problem($code, ['first', 'second']);
            $said[] = $problem->message();
            self::assertDoesNotMatchRegularExpression('~%\d|%s~', $problem->message());
            self::assertSame([$code, $problem->message()], [
                $problem->exception()->reason, $problem->exception()->getMessage(),
            ]);
        }
        self::assertSame($said, array_unique($said));
    }

    public function testWhatTheLibrarySaysIsRepeatedWithItsLine(): void
    {
        $thrown = new StoreMissingException('There is none.', 15, ['mend' => 'cp -a backup store']);
        $problem = Problem::of($thrown);
        self::assertSame(['store_missing', 'There is none.', ['cp -a backup store']], [
            $problem->code, $problem->message(), $problem->lines(),
        ]);
        $problem = Problem::of(new FfiForbiddenException('/plugin/php/preload.php'));
        self::assertSame('ffi_forbidden', $problem->code);
        self::assertContains('opcache.preload=' . dirname(__DIR__, 3) . '/php/preload.php', $problem->lines());
        self::assertSame('ffi_missing', Problem::of(new ExtensionMissingException())->code);
        self::assertSame('busy', Problem::of(new Refusal('busy', 'Later.'))->code);
    }

    public function testWhatOthersSayIsNotRepeated(): void
    {
        $problem = Problem::of(new \PDOException('password canary-1'));
        self::assertSame('unexpected', $problem->code);
        self::assertStringContainsString('PDOException', $problem->message());
        self::assertStringContainsString('ProblemTest.php', $problem->message());
        self::assertStringNotContainsString('canary', $problem->message());
    }

    public function testEveryKindThatConcernsAStoreHasACode(): void
    {
        // What concerns a row or an argument is no state of the site's.
        $rows = ['InvalidArgument', 'InvalidHandle', 'TooLarge', 'InvalidDocument', 'NotFound', 'Conflict', 'Integrity',
            'InvalidTransition', 'Internal', 'ImportRefused', 'LeaseLost'];
        foreach (ConnectionsException::KINDS as $status => $class) {
            $kind = substr((string) strrchr($class, '\\'), 1, -9);
            $code = Problem::of(new $class('x', $status))->code;
            self::assertSame(in_array($kind, $rows, true), $code === 'unexpected', $kind);
        }
    }

    public function testAnAddressIsTheSameHoweverItIsWritten(): void
    {
        foreach (['https://Example.org/sub/', 'http://example.org/sub', 'example.org/sub//'] as $address) {
            self::assertSame('example.org/sub', SiteIdentity::normal($address));
        }
        self::assertSame('example.org:8080', SiteIdentity::normal('http://example.org:8080'));
    }
}
