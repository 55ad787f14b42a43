<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Redaction;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Vault;
use DataMachine\Core\OAuth\BaseAuthProvider;

/**
 * A secret comes out of the getters that hand it out, and of nothing else.
 */
final class SecretsTest extends DropinTestCase
{
    private const CANARY = 'canary-canary-canary';
    private const ACCOUNT = [
        'access_token' => self::CANARY,
        'username' => 'ada',
        'nested' => ['deep' => [self::CANARY]],
        'oauth_token' => 4711,
        'token_expires_at' => 4102444800,
    ];

    private string $longest = '';

    protected function setUp(): void
    {
        parent::setUp();
        $this->longest = (string) ini_set('zend.exception_string_param_max_len', '100000');
    }

    protected function tearDown(): void
    {
        ini_set('zend.exception_string_param_max_len', $this->longest);
        parent::tearDown();
    }

    public function testNoDumpOfAProviderShowsOne(): void
    {
        foreach (['reddit', 'twitter', 'http_basic', 'email_imap'] as $slug) {
            $provider = self::provider($slug);
            Calls::saves($provider, self::ACCOUNT);
            self::assertStringContainsString(self::CANARY, serialize(Calls::reads($provider)), 'The getters have it.');
            self::assertSame(self::ACCOUNT, $provider->get_account_for_user(7));
            $this->assertHidden($provider);
            self::assertEquals($provider, unserialize(serialize($provider)));
            self::assertEquals($provider, clone $provider);
        }
        self::assertStringNotContainsString(self::CANARY, serialize($this->log));
    }

    public function testTheseWaysWouldShowOne(): void
    {
        $leak = static fn (string $text) => throw new \RuntimeException();
        try {
            $leak(self::CANARY);
        } catch (\RuntimeException $thrown) {
            self::assertStringContainsString(self::CANARY, (string) $thrown);
            self::assertStringContainsString(self::CANARY, print_r($this->frames($thrown), true));
        }
        foreach (self::shown((object) ['private' => self::CANARY]) as $way => $text) {
            self::assertStringContainsString(self::CANARY, $text, $way);
        }
    }

    public function testNoTraceOfAWrongArgumentShowsOne(): void
    {
        $secret = self::ACCOUNT;
        $text = self::CANARY;
        $one = self::provider('reddit');
        $basic = self::provider('http_basic');
        $calls = [
            fn () => $one->save_site_account($text),
            fn () => $one->save_account($text),
            fn () => $one->update_site_account($text),
            fn () => $one->update_account($text),
            fn () => $one->update_account($secret, 'context'),
            fn () => $one->save_config($text),
            fn () => $one->save_config($secret, 'context'),
            fn () => $one->save_account_for_user('seven', $secret),
            fn () => $one->update_account_for_user(null, $secret),
            fn () => $one->save_account_for_agent([], $secret),
            fn () => $one->update_account_for_agent(7, $text),
            fn () => $one->save_named_account(null, $secret),
            fn () => $one->save_named_account('a', $secret, []),
            fn () => $one->save_named_account('a', $secret, 'user', 'seven'),
            fn () => $one->strip_auth_config_secrets($text),
            fn () => $one->get_auth_ref_for_config($secret, []),
            fn () => $basic->save_config($secret, 7),
        ];
        foreach ([...$calls, ...self::within($one, $text)] as $number => $call) {
            $this->assertHidden($this->thrownBy($call, \TypeError::class, $number));
        }
    }

    public function testNoTraceThroughARenewalShowsOne(): void
    {
        $fails = static fn (): never => throw new \DomainException('A class or a hook failed.');
        $answers = [
            'throwing' => static fn (#[\SensitiveParameter] string $token) => $fails(),
            'renewed' => static fn (#[\SensitiveParameter] string $token) => ['access_token' => "{$token} 2"],
            'refused' => static fn (#[\SensitiveParameter] string $token) => new \WP_Error('x', "{$token} is no good."),
        ];
        $this->hook('datamachine_log', static fn (mixed ...$line) => match (true) {
            str_contains($line[1], 'Token refresh') => $fails(),
            default => null,
        });
        foreach ($answers as $slug => $answer) {
            $provider = new Providers\Told($slug);
            $provider->answer = $answer;
            $provider->save_account(['refresh_token' => self::CANARY, 'token_expires_at' => 1] + self::ACCOUNT);
            $get = static fn () => $provider->get_valid_access_token();
            $thrown = $this->thrownBy($get, \DomainException::class, $slug);
            $frames = $this->frames($thrown);
            self::assertNotEmpty($frames);
            self::assertStringNotContainsString(self::CANARY, (string) $thrown);
            self::assertStringNotContainsString(self::CANARY, print_r($frames, true));
        }
        self::assertStringNotContainsString(self::CANARY, serialize($this->log));
    }

    public function testNoTraceThroughAHookShowsOne(): void
    {
        $provider = new Providers\Plain('reddit');
        $secret = self::ACCOUNT;
        $sealed = $provider->call('encrypt_fields', ['access_token' => self::CANARY]);
        $this->open()->save('reddit', 'site:0', $sealed);
        $failing = static fn (): never => throw new \DomainException('A hook failed.');
        $this->hook('datamachine_auth_encrypted_fields', $failing);
        $calls = [
            fn () => $provider->get_account(),
            fn () => $provider->strip_auth_config_secrets($secret),
            (fn () => $this->encrypt_fields($secret))->bindTo($provider, $provider),
            (fn () => $this->decrypt_fields($sealed))->bindTo($provider, $provider),
        ];
        foreach ($calls as $number => $call) {
            $this->assertHidden($this->thrownBy($call, \DomainException::class, $number));
        }

        // A log that fails while something else does: in the innermost frame.
        $this->hook('datamachine_log', $failing);
        foreach (self::saves() as $method => $arguments) {
            $account = static fn (array $account): array => [...$arguments, $account];
            Runtime::configure(static fn (): Vault => throw new \RuntimeException());
            $call = fn () => $provider->$method(...$account($secret));
            $this->assertHidden($this->thrownBy($call, \DomainException::class, $method));
            foreach ([$sealed, ['x' => 'dm:enc:v1:' . self::CANARY]] as $enveloped) {
                Runtime::configure(fn (): Vault => $this->open(), static fn (): string => 'another salt');
                $call = fn () => $provider->$method(...$account($enveloped + $secret));
                $this->assertHidden($this->thrownBy($call, \DomainException::class, $method));
            }
        }

        $this->hook('datamachine_auth_scope_policy', $failing);
        foreach (['update_account', 'save_config'] as $method) {
            $call = fn () => $provider->$method($secret);
            $this->assertHidden($this->thrownBy($call, \DomainException::class, $method));
        }
    }

    public function testNoReasonShowsOne(): void
    {
        $provider = new Providers\Plain('reddit');
        foreach ([self::ACCOUNT + ['f' => NAN], [self::CANARY], ['a' => self::CANARY . "\xff"]] as $account) {
            Runtime::configure(fn (): Vault => $this->open());
            Calls::saves($provider, $account);
            $this->assertHidden([$provider->get_last_error(), $this->log]);
        }
        self::assertNotEmpty($this->logged('error'));
    }

    public function testNoFileOfTheStoreHoldsOne(): void
    {
        $provider = new Providers\Plain('reddit');
        Calls::saves($provider, self::ACCOUNT);
        Calls::deletions($provider);
        Calls::saves($provider, ['app_password' => self::CANARY]);
        $files = glob($this->place() . '/*') ?: [];
        self::assertNotEmpty($files);
        foreach ($files as $file) {
            self::assertFalse(strpos((string) file_get_contents($file), self::CANARY), $file);
        }
    }

    public function testDetailsShowWhoAndHideTheRest(): void
    {
        $provider = new Providers\Plain('reddit');
        $provider->save_account([
            'access_token' => self::CANARY,
            'username' => 'ada',
            'user_id' => '42',
            'scope' => 'read write',
            'scopes' => ['read', 'write'],
            'token_type' => 'bearer',
            'token_expires_at' => 4102444800,
            'expires_in' => 3600,
            'oauth_token' => 4711,
            'pin_key' => 1.5,
            'verified' => true,
            'token_valid' => false,
            'refresh_token' => null,
            'empty' => '',
            'email' => 'ada@example.org',
            'unheard_of' => self::CANARY,
            'name' => 'https://ada:' . self::CANARY . '@example.org/x',
            'instance' => 'dm:enc:v1:' . self::CANARY,
            'pages' => [['id' => 1, 'name' => 'One', 'access_token' => self::CANARY]],
        ] + ['open_id' => ['key' => self::CANARY, 'username' => 'bob']]);
        self::assertSame([], $provider->get_account(), 'An envelope that does not open is not saved.');
        $account = self::ACCOUNT + ['email' => 'ada@example.org'];
        self::assertTrue($provider->save_account($account));
        self::assertSame([
            'access_token' => Redaction::MARKER,
            'username' => 'ada',
            'nested' => ['deep' => [Redaction::MARKER]],
            'oauth_token' => Redaction::MARKER,
            'token_expires_at' => 4102444800,
            'email' => Redaction::MARKER,
        ], $provider->get_account_details());

        $more = [
            'user_id' => '42',
            'scopes' => ['read', 'write'],
            'expires_in' => 3600,
            'pin_key' => 1.5,
            'verified' => true,
            'token_valid' => false,
            'refresh_token' => null,
            'empty' => '',
            'name' => 'https://ada:' . self::CANARY . '@example.org/x',
            'pages' => [['id' => 1, 'name' => 'One', 'access_token' => self::CANARY], self::CANARY],
            'open_id' => ['key' => self::CANARY, 'username' => 'bob'],
        ];
        self::assertTrue($provider->save_account($more));
        self::assertSame([
            'user_id' => '42',
            'scopes' => ['read', 'write'],
            'expires_in' => 3600,
            'pin_key' => Redaction::MARKER,
            'verified' => true,
            'token_valid' => false,
            'refresh_token' => null,
            'empty' => '',
            'name' => 'https://example.org/x',
            'pages' => [
                ['id' => 1, 'name' => 'One', 'access_token' => Redaction::MARKER],
                Redaction::MARKER,
            ],
            'open_id' => ['key' => Redaction::MARKER, 'username' => 'bob'],
        ], $provider->get_account_details());
    }

    public function testDetailsOfWhatNeverCameThroughASave(): void
    {
        $account = ['username' => 'dm:enc:v1:' . self::CANARY];
        $this->open()->save('reddit', 'site:0', $account);
        self::assertSame(['username' => Redaction::MARKER], (new Providers\Plain('reddit'))->get_account_details());
        $this->open()->save('reddit', 'site:0', $account + ['access_token' => self::CANARY]);
        self::assertSame(['username' => Redaction::MARKER], self::provider('reddit')->get_account_details());
        $child = new class ('reddit') extends Providers\Plain {
            public array $account = [];

            public function get_account(): array // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return $this->account;
            }
        };
        self::assertSame([], $child->get_account_details());
        $child->account = ['username' => (object) ['token' => self::CANARY], 'pin' => fn () => self::CANARY];
        $hidden = ['username' => Redaction::MARKER, 'pin' => Redaction::MARKER];
        self::assertSame($hidden, $child->get_account_details());
    }

    public function testDetailsOfTheFixtureHoldNoToken(): void
    {
        $this->import('mixed');
        self::assertNull(self::provider('facebook')->get_account_details(), 'It has no access_token.');
        $slugs = ['twitter', 'reddit', 'instagram', 'threads', 'linkedin', 'pinterest', 'tiktok'];
        foreach ($slugs as $slug) {
            $details = self::provider($slug)->get_account_details();
            self::assertNotEmpty($details);
            self::assertStringNotContainsString('fake-', json_encode($details, JSON_THROW_ON_ERROR));
        }
        self::assertSame('rig_reddit', self::provider('reddit')->get_account_details()['username']);
        self::assertSame(['email' => 'desk@example.org'], self::provider('email_imap')->get_account_details());
    }

    public function testSettingsWithoutTheirSecrets(): void
    {
        $child = new class ('reddit') extends Providers\Plain {
            public function strip_auth_config_secrets(array $handler_config): array // phpcs:ignore
            {
                unset($handler_config['own']);
                return parent::strip_auth_config_secrets($handler_config);
            }
        };
        self::assertSame([
            'author' => 'ada',
            'authenticated_at' => 5,
            'url' => 'https://example.org/a@b',
            'nested' => ['kept' => 1, 'deeper' => []],
            3 => 'three',
        ], $child->strip_auth_config_secrets([
            'client_secret' => self::CANARY,
            'api_key' => self::CANARY,
            'App_Password' => self::CANARY,
            'jwt' => self::CANARY,
            'pass' => self::CANARY,
            'author' => 'ada',
            'authenticated_at' => 5,
            'url' => 'https://ada:' . self::CANARY . '@example.org/a@b',
            'envelope' => 'dm:enc:v1:' . self::CANARY,
            'nested' => ['own' => 1, 'kept' => 1, 'token' => self::CANARY, 'deeper' => ['own' => 1]],
            'own' => self::CANARY,
            3 => 'three',
        ]));
        $this->hook('datamachine_auth_encrypted_fields', static fn (array $fields): array => [...$fields, 'author']);
        self::assertSame(['a' => 1], $child->strip_auth_config_secrets(['a' => 1, 'author' => 'ada']));
    }

    /**
     * What a child may call, with a wrong argument.
     *
     * @return list<\Closure>
     *
     * @SuppressWarnings(PHPMD.UndefinedVariable) the `$this` that they are bound to
     */
    private static function within(BaseAuthProvider $provider, #[\SensitiveParameter] string $text): array
    {
        return array_map(static fn (\Closure $call): \Closure => $call->bindTo($provider, $provider), [
            fn () => $this->encrypt_fields($text),
            fn () => $this->decrypt_fields($text),
        ]);
    }

    /**
     * @return array<string, list<mixed>> what comes before the account, by method
     */
    private static function saves(): array
    {
        $site = ['save_site_account', 'save_account', 'update_site_account', 'update_account', 'save_config'];
        $others = ['save_account_for_user', 'update_account_for_user', 'save_account_for_agent'];
        return array_fill_keys($site, [])
            + array_fill_keys([...$others, 'update_account_for_agent'], [7])
            + ['save_named_account' => ['a']];
    }

    private function thrownBy(#[\SensitiveParameter] \Closure $call, string $class, int|string $name): \Throwable
    {
        try {
            $call();
        } catch (\Throwable $thrown) {
            self::assertInstanceOf($class, $thrown, "{$name}: {$thrown->getMessage()}");
            return $thrown;
        }
        self::fail("{$name}: nothing was thrown.");
    }

    /**
     * The frames of what this test called. Those below are PHPUnit's, and hold all of the tests: gigabytes, as text.
     *
     * @return list<array<string, mixed>>
     */
    private function frames(\Throwable $thrown): array
    {
        $functions = array_column($thrown->getTrace(), 'function');
        return array_slice($thrown->getTrace(), 0, (int) array_search($this->getName(false), $functions, true));
    }

    /** That no way to look at something shows the canary. */
    private function assertHidden(mixed $value): void
    {
        $values = [$value];
        for (; $value instanceof \Throwable; $value = $value->getPrevious()) {
            // This test's own frames hold the data of its cases, and PHPUnit's hold this test.
            $foreign = static fn (array $frame): bool => preg_match('/^PHPUnit|Tests/', $frame['class'] ?? '') === 0;
            $frames = array_filter($value->getTrace(), $foreign);
            $values = [$value->getMessage(), (string) $value, ...$frames];
        }
        foreach ($values as $one) {
            foreach (self::shown($one) as $way => $text) {
                $at = strpos($text, self::CANARY);
                self::assertFalse($at, $way . ': ' . substr($text, max(0, (int) $at - 500), 600));
            }
        }
    }

    /**
     * @return array<string, string> what is shown, by the way of showing it
     */
    private static function shown(#[\SensitiveParameter] mixed $value): array
    {
        $printed = static function (\Closure $print): string {
            ob_start();
            $print();
            return (string) ob_get_clean();
        };
        $shown = [
            'print_r' => print_r($value, true),
            'var_dump' => $printed(static function () use ($value): void {
                var_dump($value);
            }),
            'array' => print_r((array) $value, true),
        ];
        if (is_object($value)) {
            $shown['var_export'] = var_export($value, true);
            $shown['json_encode'] = (string) json_encode($value);
            $shown['serialize'] = serialize($value);
        }
        return $shown;
    }
}
