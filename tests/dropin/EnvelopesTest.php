<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Tests\OldRules;
use DataMachine\Connections\Vault;
use DataMachine\Core\OAuth\BaseAuthProvider;

/**
 * Today's envelope, for children that call encrypt_fields() and decrypt_fields(): what goes on is never an envelope as
 * a token, and never plain text as if it were sealed.
 */
final class EnvelopesTest extends DropinTestCase
{
    public function testWhichMembers(): void
    {
        $provider = new Providers\Plain('reddit');
        $data = array_fill_keys(BaseAuthProvider::ENCRYPTED_FIELDS, 'fake') + ['app_password' => 'fake', 'n' => 1];
        $sealed = $provider->call('encrypt_fields', $data);
        self::assertSame(array_keys($data), array_keys($sealed));
        foreach ($sealed as $name => $value) {
            $listed = in_array($name, BaseAuthProvider::ENCRYPTED_FIELDS, true);
            self::assertSame($listed, str_starts_with((string) $value, BaseAuthProvider::ENCRYPTION_PREFIX), $name);
        }
        self::assertSame($data, $provider->call('decrypt_fields', $sealed));
        self::assertSame($sealed, $provider->call('encrypt_fields', $sealed), 'Never twice.');

        $others = ['access_token' => '', 'refresh_token' => null, 'api_secret' => 5, 'app_secret' => ['fake']];
        self::assertSame($others, $provider->call('encrypt_fields', $others));
        self::assertSame($others, $provider->call('decrypt_fields', $others));
        self::assertSame(['access_token' => 'plain'], $provider->call('decrypt_fields', ['access_token' => 'plain']));
    }

    public function testItIsTodaysEnvelope(): void
    {
        $provider = new Providers\Plain('reddit');
        $option = json_decode((string) file_get_contents(self::FIXTURES . '/mixed.json'), true);
        $expected = json_decode((string) file_get_contents(self::FIXTURES . '/expected-mixed.json'), true);
        $before = $option['reddit']['account'];
        self::assertSame($expected['reddit']['account'], $provider->call('decrypt_fields', $before));
        $sealed = $provider->call('encrypt_fields', ['access_token' => 'fake-é']);
        self::assertSame('fake-é', OldRules::open(self::salt(), $sealed['access_token']));
    }

    public function testTheFilterAndTheChildAddMembers(): void
    {
        $this->hook('datamachine_auth_encrypted_fields', static function (array $fields, string $slug): array {
            return $slug === 'email_imap' ? [...$fields, 'smtp_password', ['x'], null] : $fields;
        });
        $email = new class extends Providers\Email {
            public function seal(array $data): array
            {
                return $this->encrypt_fields($data);
            }
        };
        $plain = ['imap_password' => 'fake', 'smtp_password' => 'fake', 'access_token' => 'fake'];
        $sealed = $email->seal($plain);
        foreach ($sealed as $value) {
            self::assertStringStartsWith('dm:enc:v1:', $value);
        }
        self::assertTrue($email->save_named_account('a', $sealed));
        self::assertSame($plain, $email->get_named_account('a'));

        $this->hook('datamachine_auth_encrypted_fields', static fn (): mixed => 'nonsense');
        $fields = (new Providers\Plain('reddit'))->call('get_encrypted_fields');
        self::assertSame(BaseAuthProvider::ENCRYPTED_FIELDS, $fields);
    }

    public function testWhatAChildSealedIsSavedOpen(): void
    {
        $provider = new Providers\Plain('reddit');
        $plain = ['access_token' => 'fake', 'username' => 'ada'];
        $sealed = $provider->call('encrypt_fields', $plain);
        self::assertTrue($provider->save_account($sealed));
        $patch = $provider->call('encrypt_fields', ['refresh_token' => 'fake-r']);
        self::assertTrue($provider->update_site_account($patch));
        self::assertTrue($provider->save_config($provider->call('encrypt_fields', ['client_secret' => 'fake-c'])));
        self::assertSame($plain + ['refresh_token' => 'fake-r'], $provider->get_account());
        self::assertSame(['client_secret' => 'fake-c'], $provider->get_config());
        $stored = $this->open()->get('reddit', 'site:0')?->document->toArray();
        self::assertSame($plain + ['refresh_token' => 'fake-r'], $stored);
    }

    public function testWhatDoesNotOpenGoesNowhere(): void
    {
        $provider = new Providers\Plain('reddit');
        $sealed = $provider->call('encrypt_fields', ['access_token' => 'fake', 'username' => 'ada']);
        Runtime::configure(fn (): Vault => $this->open(), static fn (): string => 'another salt');
        self::assertSame(['username' => 'ada'], $provider->call('decrypt_fields', $sealed));
        self::assertNotNull($provider->get_last_error());
        foreach ([$sealed, ['x' => 'dm:enc:v1:cut:off'], ['access_token' => 'dm:enc:v1:']] as $account) {
            self::assertFalse($provider->save_account($account));
            self::assertFalse($provider->update_account($account));
            self::assertFalse($provider->save_config($account));
            self::assertFalse($provider->save_named_account('a', $account));
            self::assertFalse($provider->save_account_for_user(7, $account));
            self::assertNotNull($provider->get_last_error());
        }
        self::assertSame(0, $this->open()->info()->connections + $this->open()->info()->configs);

        // Should one ever stand in the vault, it is not handed out.
        $this->open()->save('reddit', 'site:0', ['username' => 'ada'] + $sealed);
        self::assertSame(['username' => 'ada'], $provider->get_account());
    }

    public function testWithoutASaltNothingIsSealed(): void
    {
        $provider = new Providers\Plain('reddit');
        $saltless = static fn (): string => throw new \RuntimeException('fake-salt');
        Runtime::configure(fn (): Vault => $this->open(), $saltless);
        $sealed = $provider->call('encrypt_fields', ['access_token' => 'fake', 'username' => 'ada']);
        self::assertSame(['username' => 'ada'], $sealed);
        self::assertStringNotContainsString('fake', (string) $provider->get_last_error());
        self::assertCount(1, $this->logged('error'));

        Runtime::configure(fn (): Vault => $this->open());
        $sealed = $provider->call('encrypt_fields', ['access_token' => 'fake'])['access_token'];
        self::assertSame('fake', OldRules::open(wp_salt('auth'), $sealed), 'By itself it is WordPress\'s salt.');
    }
}
