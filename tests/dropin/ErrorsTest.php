<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Exception\ConnectionsException;
use DataMachine\Connections\Keys;
use DataMachine\Connections\Vault;

/**
 * Whatever is wrong: null, [] or false, nothing thrown, and the reason logged once and kept.
 */
final class ErrorsTest extends DropinTestCase
{
    private const ACCOUNT = ['access_token' => 'fake-token', 'username' => 'ada'];

    /** Everything that is called, and what became of it, as JSON. */
    private const EVERYTHING = <<<'PHP'
        $provider = new Providers\Plain('reddit');
        $other = new Providers\Plain('linkedin');
        $answers = ['reads' => Calls::reads($provider)];
        $answers['error'] = $provider->get_last_error();
        $answers['saves'] = Calls::saves($provider, ['access_token' => 'fake-newer']);
        $answers['deletions'] = Calls::deletions($provider);
        $other->get_site_account();
        $answers['other'] = $other->get_last_error();
        echo json_encode($answers + ['log' => $log]);
        PHP;

    public function testWithoutTheExtension(): void
    {
        // Without any extension there is no WordPress either.
        $wordpress = (string) getenv('DM_WORDPRESS');
        putenv('DM_WORDPRESS');
        try {
            $this->assertNothingWorks($this->process(self::EVERYTHING, flags: ['-n'])->wait(), 'extension=ffi');
        } finally {
            putenv("DM_WORDPRESS={$wordpress}");
        }
    }

    public function testWhereFfiIsForbidden(): void
    {
        $printed = $this->process(self::EVERYTHING, flags: ['-d', 'ffi.enable=0'])->wait();
        $this->assertNothingWorks($printed, 'opcache.preload');
    }

    public function testWhereTheLibraryIsMissing(): void
    {
        $flags = ['-d', 'dm_connections.library=/nonexistent/lib.so'];
        $this->assertNothingWorks($this->process(self::EVERYTHING, flags: $flags)->wait(), '/nonexistent/lib.so');
    }

    public function testWithAnotherKey(): void
    {
        $provider = $this->connected();
        $key = '\\' . Keys::class . '::raw(' . var_export(self::OTHER_KEY, true) . ')';
        $this->assertNothingWorks($this->process(self::EVERYTHING, ['keys' => $key])->wait(), 'key');
        self::assertSame(self::ACCOUNT, $provider->get_account());
    }

    public function testOnACopyOfTheSite(): void
    {
        $this->connected();
        $printed = $this->process(self::EVERYTHING, ['site' => '"https://staging.example.org"'])->wait();
        $this->assertNothingWorks($printed, 'staging.example.org');
    }

    public function testWhereTheStoreIsLocked(): void
    {
        $provider = $this->connected();
        $gate = fopen($this->place() . '/gate.lock', 'r+');
        self::assertTrue(flock($gate, LOCK_EX));
        $printed = $this->process(self::EVERYTHING, ['patience_ms' => '20'])->wait();
        flock($gate, LOCK_UN);
        $this->assertNothingWorks($printed, '');
        self::assertSame(self::ACCOUNT, $provider->get_account());
    }

    public function testWhereNobodySaidWhereTheStoreIs(): void
    {
        Runtime::reset();
        $this->assertNothingHere('Runtime::configure');
    }

    public function testWhereOpeningThrowsSomethingElse(): void
    {
        Runtime::configure(static fn (): Vault => throw new \LogicException('fake-secret in a message'));
        $this->assertNothingHere('LogicException');
        Runtime::reset();
        Runtime::configure(static fn (): string => 'no vault');
        $this->log = [];
        $this->assertNothingHere('TypeError');
    }

    public function testTheMendIsLogged(): void
    {
        $mend = ['mend' => 'chmod 0700 /place'];
        Runtime::configure(static fn (): Vault => throw ConnectionsException::of(16, 'It is open to others.', $mend));
        self::assertNull((new Providers\Plain('reddit'))->get_site_account());
        self::assertSame([['error', 'Connections: It is open to others.', [
            'provider' => 'reddit',
            'reason' => 'permissions',
            'mend' => 'chmod 0700 /place',
        ]]], $this->log);
    }

    public function testTheVaultIsOpenedOnceAndOnlyWhenItIsNeeded(): void
    {
        $opened = 0;
        Runtime::configure(function () use (&$opened): Vault {
            $opened++;
            return $this->open();
        });
        $provider = new Providers\Plain('reddit');
        $provider->get_callback_url();
        $provider->get_account_for_user(0);
        self::assertSame(0, $opened);
        Calls::saves($provider, self::ACCOUNT);
        Calls::reads(new Providers\Plain('linkedin'));
        self::assertSame(1, $opened);
    }

    public function testAVaultThatWasClosedIsOpenedAgain(): void
    {
        $opened = [];
        Runtime::configure(function () use (&$opened): Vault {
            return $opened[] = $this->open();
        });
        $provider = new Providers\Plain('reddit');
        self::assertTrue($provider->save_site_account(self::ACCOUNT));
        end($opened)->close();
        self::assertSame(self::ACCOUNT, $provider->get_site_account());
        end($opened)->close();
        self::assertTrue($provider->is_authenticated());
        end($opened)->close();
        self::assertTrue($provider->update_account(['username' => 'bob']));
        self::assertCount(4, $opened);
        self::assertSame([], $this->log);
    }

    public function testOpeningIsTriedAgain(): void
    {
        $ready = false;
        Runtime::configure(function () use (&$ready): Vault {
            return $ready ? $this->open() : throw new \RuntimeException();
        });
        $provider = new Providers\Plain('reddit');
        self::assertFalse($provider->save_site_account(self::ACCOUNT));
        $ready = true;
        self::assertTrue($provider->save_site_account(self::ACCOUNT));
        self::assertNull($provider->get_last_error());
    }

    public function testARowWhoseKeyIsNotGiven(): void
    {
        $this->connected();
        $file = $this->directory . '/new.key';
        $this->open()->addKey(Keys::newFile($file));
        $newer = ['keys' => '\\' . Keys::class . '::file(' . var_export($file, true) . ')'];
        $printed = $this->process(self::EVERYTHING, $newer)->wait();
        $answers = json_decode($printed, true);
        self::assertIsArray($answers, $printed);
        self::assertSame(Calls::NOTHING, $answers['reads']);
        self::assertNotNull($answers['error']);
        self::assertSame([false], array_values(array_unique($answers['saves'])), 'It could still be healed.');
        self::assertSame([true], array_values(array_unique($answers['deletions'])), 'Deleting needs no key.');
        self::assertNull($answers['other']);
        self::assertNotEmpty($answers['log']);
    }

    public function testARowOfNoKnownKeyIsNotOverwritten(): void
    {
        $this->connected();
        $file = $this->directory . '/new.key';
        $this->open()->addKey(Keys::newFile($file));
        $newer = '\\' . Keys::class . '::file(' . var_export($file, true) . ')';
        $printed = $this->process('
            $provider = new Providers\Plain("reddit");
            $provider->save_site_account(["access_token" => "fake-newer"]);
            $provider->save_config(["client_id" => "fake-newer"]);
            echo json_encode([$provider->get_last_error(), $provider->is_authenticated(), $provider->is_configured()]);
        ', ['keys' => $newer])->wait();
        [$error, $authenticated, $configured] = json_decode($printed, true);
        self::assertNotNull($error);
        self::assertFalse($authenticated);
        self::assertFalse($configured);
        $both = "{$newer}->withEarlier(\\" . Keys::class . '::raw(' . var_export(self::KEY, true) . '))';
        $printed = $this->process('
            $provider = new Providers\Plain("reddit");
            echo json_encode([$provider->get_account(), $provider->get_config(), $provider->is_authenticated()]);
        ', ['keys' => $both])->wait();
        self::assertSame([self::ACCOUNT, ['client_id' => 'fake'], true], json_decode($printed, true));
    }

    public function testATokenThatDidNotOpenIsNoFallbackToTheSites(): void
    {
        $this->open()->importLegacy(serialize(['reddit' => [
            'account' => ['access_token' => 'fake-site'],
            'config' => ['client_id' => 'fake-site'],
            'principals' => ['user:7' => [
                'account' => ['access_token' => 'dm:enc:v1:cut'],
                'config' => ['client_secret' => 'dm:enc:v1:cut'],
            ]],
        ]]), [self::salt()]);
        $this->hook('datamachine_auth_scope_policy', static fn (): string => 'user');
        $provider = new Providers\Plain('reddit');
        self::assertNull($provider->get_account_for_policy_context(['user_id' => 7]));
        self::assertStringContainsString('access_token', (string) $provider->get_last_error());
        self::assertSame([], $provider->get_config(['user_id' => 7]));
        self::assertStringContainsString('client_secret', (string) $provider->get_last_error());
        self::assertSame(['access_token' => 'fake-site'], $provider->get_account_for_policy_context(['user_id' => 8]));
    }

    public function testSaltsThatChangedDisconnect(): void
    {
        $this->import('mixed', 'another salt');
        self::assertFalse(self::provider('reddit')->is_authenticated());
        self::assertFalse(self::provider('twitter')->is_authenticated());
        self::assertFalse(self::provider('bluesky')->save_account(['x' => 'dm:enc:v1:cut']));
        self::assertFalse((new Providers\Plain('linkedin'))->is_authenticated());
        self::assertFalse((new Providers\Plain('linkedin'))->is_configured());
        foreach (['reddit', 'linkedin', 'tumblr', 'email_imap', 'http_basic'] as $slug) {
            $provider = self::provider($slug);
            $answers = json_encode([$provider->get_account(), $provider->get_config()], JSON_THROW_ON_ERROR);
            self::assertStringNotContainsString('dm:enc', $answers);
            self::assertNotNull($provider->get_last_error());
        }
        $quarantined = array_filter($this->log, static fn (array $line): bool => $line[2]['reason'] === 'quarantined');
        self::assertCount(5, $quarantined, 'One of each provider.');

        // Connecting anew mends it.
        $provider = new Providers\Plain('reddit');
        self::assertTrue($provider->save_account(self::ACCOUNT));
        self::assertTrue($provider->is_authenticated());
    }

    public function testWhatJsonCannotHoldIsNotSaved(): void
    {
        $provider = new Providers\Plain('reddit');
        $endless = [];
        $endless['self'] = &$endless;
        $large = ['a' => str_repeat('x', 1 << 20)];
        $deep = json_decode(str_repeat('{"a":', 65) . '1' . str_repeat('}', 65), true);
        $resource = fopen('php://memory', 'r');
        $unfit = [['a' => "\xff"], ['a' => NAN], ['a' => INF], ['a' => $resource], $endless, [1, 2], $large, $deep];
        foreach ($unfit as $account) {
            self::assertFalse($provider->save_site_account($account));
            self::assertNotNull($provider->get_last_error());
            self::assertFalse($provider->update_account_for_user(7, $account));
            self::assertFalse($provider->save_config($account));
        }
        self::assertNull($provider->get_site_account());
        self::assertTrue($provider->save_site_account(['a' => new \ArrayObject(['b' => 1])]));
        self::assertSame(['a' => ['b' => 1]], $provider->get_site_account());
    }

    public function testASlugThatTheVaultDoesNotTake(): void
    {
        $provider = new Providers\Plain('Not A Slug');
        self::assertSame(Calls::NOTHING, Calls::reads($provider));
        self::assertFalse($provider->save_account(self::ACCOUNT));
        self::assertStringContainsString('slug', (string) $provider->get_last_error());
        self::assertSame('Not A Slug', $provider->get_provider_slug());
    }

    public function testTheReasonOfARefusedName(): void
    {
        $provider = new Providers\Plain('reddit');
        $provider->save_named_account('a', self::ACCOUNT, 'user', 7);
        self::assertFalse($provider->save_named_account('a', self::ACCOUNT, 'user', 8));
        self::assertNotNull($provider->get_last_error());
        self::assertSame('conflict', $this->log[0][2]['reason']);
        self::assertSame('reddit', $this->log[0][2]['provider']);
    }

    private function connected(): Providers\Plain
    {
        $provider = new Providers\Plain('reddit');
        Calls::saves($provider, self::ACCOUNT);
        self::assertTrue($provider->save_config(['client_id' => 'fake']));
        self::assertSame(self::ACCOUNT, $provider->get_account());
        return $provider;
    }

    private function assertNothingHere(string $reason): void
    {
        $provider = new Providers\Plain('reddit');
        self::assertSame(Calls::NOTHING, Calls::reads($provider));
        self::assertSame([false], array_values(array_unique(Calls::saves($provider, self::ACCOUNT))));
        self::assertSame([false], array_values(array_unique(Calls::deletions($provider))));
        self::assertStringContainsString($reason, (string) $provider->get_last_error());
        self::assertNotNull($provider->get_last_error());
        self::assertCount(1, $this->logged('error'));
        self::assertStringNotContainsString('fake', json_encode($this->log, JSON_THROW_ON_ERROR));
    }

    private function assertNothingWorks(string $printed, string $reason): void
    {
        $answers = json_decode($printed, true);
        self::assertIsArray($answers, $printed);
        self::assertSame(Calls::NOTHING, $answers['reads']);
        self::assertSame([false], array_values(array_unique($answers['saves'])));
        self::assertSame([false], array_values(array_unique($answers['deletions'])));
        self::assertNotSame('', (string) $answers['error']);
        self::assertStringContainsString($reason, $answers['error']);
        self::assertSame($answers['error'], $answers['other']);
        self::assertCount(1, $answers['log'], 'One reason, one line.');
        self::assertStringContainsString($answers['error'], $answers['log'][0][1]);
        self::assertStringNotContainsString('fake', $printed);
    }
}
