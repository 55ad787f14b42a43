<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests;

use DataMachine\Connections\AppConfig;
use DataMachine\Connections\AtProvider;
use DataMachine\Connections\Connection;
use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Grant;
use DataMachine\Connections\Keys;
use DataMachine\Connections\RevocationAnswer;
use DataMachine\Connections\Vault;

/**
 * Disconnecting: the provider is asked first, the connection is destroyed whatever it answers, the receipt is true.
 */
final class DisconnectTest extends VaultTestCase
{
    private const ACCOUNT = ['access_token' => 'canary-token', 'refresh_token' => 'canary-refresh', 'user_id' => '42'];

    public function testTheProviderIsAskedWithTheAccountAndTheReceiptSaysWhatItAnswered(): void
    {
        $vault = $this->open();
        $grant = Grant::to(7)->onlyThis()->everything()->by('user:1');
        $saved = $vault->save('x', 'user:1', self::ACCOUNT, options: ['grants' => [$grant]]);
        $vault->configs()->save('x', 'site:0', ['client_id' => 'of the site']);
        $given = [];
        $receipt = $vault->disconnect('x', 'user:1', function (Connection $asked, ?AppConfig $config) use (&$given) {
            $given = [$asked->id, $asked->document->get('access_token'), $config?->document->get('client_id')];
            $given[] = $this->elsewhere('echo $vault->get("x", "user:1")->id;');
            return RevocationAnswer::revoked();
        });
        self::assertSame([$saved->id, 'canary-token', 'of the site', $saved->id], $given);
        self::assertSame([true, $saved->id, null], [$receipt->deleted, $receipt->id, $receipt->present]);
        self::assertSame([AtProvider::Revoked, null], [$receipt->atProvider, $receipt->reason]);
        self::assertSame([1, false, true, 0], [
            $receipt->grants,
            $receipt->lease,
            $receipt->destroyed,
            $receipt->heldBack,
        ]);
        self::assertSame(['POST', 'https://api.x.com/2/oauth2/revoke'], [
            $receipt->revocationMethod,
            $receipt->revocationUrl,
        ]);
        self::assertStringContainsString('stay readable', $receipt->backups);
        self::assertStringContainsString('destroyed here', $receipt->note);
        self::assertNull($receipt->exception());
        self::assertNull($vault->get('x', 'user:1'));
        self::assertSame([['disconnected', 'revoked']], self::records($vault));
    }

    public function testTheOwnersAppConfigGoesBeforeTheSites(): void
    {
        $vault = $this->open();
        $seen = [];
        $revoke = static function (Connection $connection, ?AppConfig $config) use (&$seen): RevocationAnswer {
            $seen[] = [$connection->account, $config?->owner];
            return RevocationAnswer::unsupported();
        };
        $vault->configs()->save('x', 'site:0', ['client_id' => 'fake']);
        $vault->configs()->save('x', 'user:1', ['client_id' => 'fake']);
        foreach (['x' => 'press', 'reddit' => 'default'] as $provider => $account) {
            $vault->save($provider, 'user:1', self::ACCOUNT, $account);
            $receipt = $vault->disconnect($provider, 'user:1', $revoke, $account);
            self::assertSame([AtProvider::Unsupported, true], [$receipt->atProvider, $receipt->deleted]);
        }
        // One that does not open is none, and not the site's.
        $vault->save('x', 'user:1', self::ACCOUNT);
        $this->sql("UPDATE connections SET status = 'pending' WHERE kind = 1 AND owner = 'user:1'");
        $vault->disconnect('x', 'user:1', $revoke);
        self::assertSame([['press', 'user:1'], ['default', null], ['default', null]], $seen);
    }

    public function testAFailureDestroysItAllTheSameAndIsTold(): void
    {
        $vault = $this->open();
        $vault->save('instagram', 'user:1', self::ACCOUNT);
        $receipt = $vault->disconnect('instagram', 'user:1', static fn () => RevocationAnswer::failed('http_500'));
        self::assertSame([AtProvider::Failed, 'http_500', true], [
            $receipt->atProvider,
            $receipt->reason,
            $receipt->deleted,
        ]);
        self::assertStringContainsString('by hand', $receipt->note);
        self::assertSame([null, null], [$receipt->revocationMethod, $receipt->revocationUrl]);
        self::assertNull($vault->get('instagram', 'user:1'));
        self::assertSame([['disconnected', 'failed']], self::records($vault));
    }

    public function testWhatTheCallableThrowsIsAFailureAndNotLost(): void
    {
        $vault = $this->open();
        $throwing = [
            'RuntimeException' => static fn () => throw new \RuntimeException('sent canary-token'),
            'RuntimeException@anonymous' => static fn () => throw new class ('canary') extends \RuntimeException {
            },
            'TypeError' => static fn (int $wrong) => $wrong,
            InvalidArgumentException::class => static fn () => true,
        ];
        foreach ($throwing as $class => $revoke) {
            $vault->save('x', 'user:1', self::ACCOUNT);
            $receipt = $vault->disconnect('x', 'user:1', $revoke);
            self::assertSame([AtProvider::Failed, $class, true], [
                $receipt->atProvider,
                $receipt->reason,
                $receipt->deleted,
            ]);
            self::assertSame($class, get_debug_type($receipt->exception()));
            $dumped = [print_r($receipt, true), var_export($receipt, true), json_encode($receipt), serialize($receipt)];
            self::assertStringNotContainsString('canary', implode($dumped));
        }
        self::assertSame(array_fill(0, 4, ['disconnected', 'failed']), self::records($vault));
    }

    public function testAReasonIsAShortCode(): void
    {
        foreach (['', "two\nlines", str_repeat('x', 256), "\xff"] as $reason) {
            self::assertThrows(InvalidArgumentException::class, static fn () => RevocationAnswer::failed($reason));
        }
        $vault = $this->open();
        $longest = str_repeat('ä', 127) . 'x';
        foreach ([$longest => $longest, 'y' . $longest => InvalidArgumentException::class] as $given => $told) {
            $vault->save('x', 'user:1', self::ACCOUNT);
            $receipt = $vault->disconnect('x', 'user:1', static fn () => RevocationAnswer::failed((string) $given));
            self::assertSame([$told, true], [$receipt->reason, $receipt->deleted]);
        }
    }

    public function testWhatDoesNotOpenIsDestroyedWithoutAsking(): void
    {
        $first = $this->open();
        $first->save('x', 'user:1', self::ACCOUNT);
        $edited = $first->save('x', 'user:2', self::ACCOUNT)->id;
        $this->sql("UPDATE connections SET display_name = 'another' WHERE owner = 'user:2'");
        $receipt = $first->disconnect('x', 'user:2', self::notAsked());
        self::assertSame([$edited, AtProvider::NotAsked, 'unreadable'], [
            $receipt->id,
            $receipt->atProvider,
            $receipt->reason,
        ]);
        self::assertStringContainsString('was not told', $receipt->note);

        // Another process has the new key alone.
        $first->addKey(Keys::raw(self::OTHER_KEY));
        $first->close();
        $said = $this->elsewhere('
            try { $vault->get("x", "user:1"); } catch (Throwable $closed) { echo get_debug_type($closed), " "; }
            $receipt = $vault->disconnect("x", "user:1", fn () => exit("asked"));
            echo $receipt->atProvider->value, " ", $receipt->reason, " ", json_encode($receipt->deleted);
        ', key: self::OTHER_KEY);
        self::assertSame(
            'DataMachine\Connections\Exception\KeyUnavailableException not_asked unreadable true',
            $said
        );
    }

    public function testWhereThereIsNothingNobodyIsAsked(): void
    {
        $receipt = $this->open()->disconnect('x', 'user:1', self::notAsked());
        self::assertSame([false, null, AtProvider::NotAsked, null, false], [
            $receipt->deleted,
            $receipt->id,
            $receipt->atProvider,
            $receipt->reason,
            $receipt->destroyed,
        ]);
    }

    public function testWhatWasConnectedMeanwhileIsLeftAlone(): void
    {
        $vault = $this->open();
        $vault->save('x', 'user:1', self::ACCOUNT);
        $receipt = $vault->disconnect('x', 'user:1', function (): RevocationAnswer {
            $this->elsewhere('$vault->save("x", "user:1", ["user_id" => "43"], options: ["replace" => true]);');
            return RevocationAnswer::revoked();
        });
        $present = $vault->get('x', 'user:1');
        self::assertSame('43', $present?->remoteId);
        self::assertSame([false, $present->id, AtProvider::Revoked], [
            $receipt->deleted,
            $receipt->present,
            $receipt->atProvider,
        ]);
        // A renewal meanwhile is of the same connection: it goes.
        $receipt = $vault->disconnect('x', 'user:1', function (): RevocationAnswer {
            $this->elsewhere('$vault->merge("x", "user:1", ["access_token" => "renewed"]);');
            return RevocationAnswer::revoked();
        });
        self::assertSame([true, $present->id], [$receipt->deleted, $receipt->id]);
        self::assertNull($vault->get('x', 'user:1'));
    }

    /**
     * The provider answered, and the process is killed while it waits for the store: nothing was destroyed, and doing
     * it again asks the provider again.
     */
    public function testAKillBetweenTheAnswerAndTheDeletionLosesNothing(): void
    {
        $vault = $this->open();
        $saved = $vault->save('x', 'user:1', self::ACCOUNT);
        $vault->close();
        $worker = $this->worker(
            '$vault->disconnect("x", "user:1", static function () use ($arguments) {
                file_put_contents("{$arguments["asked"]}.new", getmypid());
                rename("{$arguments["asked"]}.new", $arguments["asked"]);
                while (!file_exists($arguments["locked"])) { usleep(1000); clearstatcache(); }
                return DataMachine\Connections\RevocationAnswer::revoked();
            });
            echo "destroyed";',
            ['asked' => "{$this->directory}/asked", 'locked' => "{$this->directory}/locked"]
        );
        touch("{$this->directory}/go");
        self::assertTrue(self::waitFor("{$this->directory}/asked"));
        $pid = file_get_contents("{$this->directory}/asked");
        // Nobody writes while this holds the gate.
        $gate = fopen($this->place() . '/gate.lock', 'r+');
        self::assertIsResource($gate);
        self::assertTrue(flock($gate, LOCK_EX));
        touch("{$this->directory}/locked");
        // It has to be in the middle of waiting, or before; after, it cannot be.
        usleep(200_000);
        self::assertTrue(posix_kill((int) $pid, SIGKILL));
        self::assertStringNotContainsString('destroyed', $worker->wait());
        fclose($gate);

        $vault = $this->open();
        self::assertSame($saved->id, $vault->get('x', 'user:1')?->id);
        self::assertSame([], self::records($vault));
        $asked = 0;
        $receipt = $vault->disconnect('x', 'user:1', static function () use (&$asked): RevocationAnswer {
            $asked++;
            return RevocationAnswer::revoked();
        });
        self::assertSame([1, true, $saved->id], [$asked, $receipt->deleted, $receipt->id]);
        self::assertTrue($vault->audit()->verify()->ok);
    }

    /** The same where the callable itself ends the process. */
    public function testAProcessThatEndsInTheCallableLosesNothing(): void
    {
        $vault = $this->open();
        $vault->save('x', 'user:1', self::ACCOUNT);
        foreach (['exit("ended");', 'posix_kill(getmypid(), SIGKILL);'] as $end) {
            $this->elsewhere('$vault->disconnect("x", "user:1", static function () { ' . $end . ' });');
            self::assertNotNull($vault->get('x', 'user:1'));
        }
        self::assertSame([], self::records($vault));
        self::assertTrue($vault->disconnect('x', 'user:1', RevocationAnswer::revoked(...))->deleted);
    }

    public function testOfManyAtOnceOneDestroysIt(): void
    {
        $vault = $this->open();
        $vault->save('x', 'user:1', self::ACCOUNT);
        $workers = [];
        for ($i = 0; $i < 6; $i++) {
            $workers[] = $this->worker('try {
                $revoked = fn () => DataMachine\Connections\RevocationAnswer::revoked();
                echo json_encode($vault->disconnect("x", "user:1", $revoked)->deleted);
            } catch (Throwable $thrown) { echo $thrown; }');
        }
        touch("{$this->directory}/go");
        $said = array_map(static fn (Process $worker): string => $worker->wait(), $workers);
        sort($said);
        self::assertSame(['false', 'false', 'false', 'false', 'false', 'true'], $said);
        self::assertSame([['disconnected', 'revoked']], self::records($vault));
    }

    /** The tokens are the live site's as well. */
    public function testACopyOfTheSiteDestroysItsOwnAndRevokesNothing(): void
    {
        $this->open()->save('x', 'user:1', self::ACCOUNT);
        $copy = $this->open(['site' => 'https://staging.example.org', 'clone' => true]);
        $receipt = $copy->disconnect('x', 'user:1', self::notAsked());
        self::assertSame([true, 'not_asked', 'cloned_site'], [
            $receipt->deleted, $receipt->atProvider->value, $receipt->reason,
        ]);
        self::assertNull($copy->get('x', 'user:1'));
    }

    private static function notAsked(): \Closure
    {
        return static fn () => self::fail('The provider was asked.');
    }

    /**
     * @return list<array{string, string}> the event and code of each record of something that ended
     */
    private static function records(Vault $vault): array
    {
        $found = [];
        foreach ($vault->audit()->query(['limit' => 1000]) as $record) {
            if (in_array($record->event, ['disconnected', 'deleted'], true)) {
                $found[] = [$record->event, $record->details['code'] ?? ''];
            }
        }
        return $found;
    }
}
