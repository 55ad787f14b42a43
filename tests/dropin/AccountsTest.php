<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Core\OAuth\BaseAuthProvider;

/**
 * The nine providers of seed data: each connects, reads, updates and clears, for every kind of owner.
 */
final class AccountsTest extends DropinTestCase
{
    private const OAUTH2 = ['token_expires_at' => 4102444800];

    /**
     * A provider, its app config, an account, a patch; who has no account has a mailbox or a login in its config.
     *
     * @return array<string, array{string, array<string, mixed>, array<string, mixed>, array<string, mixed>}>
     */
    public static function providers(): array
    {
        $app = ['app_id' => '1000', 'app_secret' => 'fake-app-secret'];
        $client = ['client_id' => 'fake-id', 'client_secret' => 'fake-client-secret'];
        $token = ['access_token' => 'fake-access', 'username' => 'ada'];
        $pair = $token + ['refresh_token' => 'fake-refresh', 'scope' => 'read write'] + self::OAUTH2;
        $mailbox = [
            'imap_host' => 'imap.example.org',
            'imap_port' => 993,
            'imap_encryption' => 'ssl',
            'imap_user' => 'desk@example.org',
            'imap_password' => 'fake-imap-password',
        ];
        $facebook = [
            'user_access_token' => 'fake-user',
            'page_access_token' => 'fake-page',
            'user_id' => '1',
            'username' => 'ada',
            'page_id' => '2',
            'authenticated_at' => 1795000000,
        ];
        $twitter = $token + ['access_token_secret' => 'fake-secret', 'user_id' => '4', 'last_verified_at' => 1];
        return [
            'twitter' => ['twitter', ['api_key' => 'fake-key', 'api_secret' => 'fake-secret'], $twitter, [
                'access_token_secret' => 'fake-newer',
            ]],
            'facebook' => ['facebook', $app, $facebook + self::OAUTH2, ['page_access_token' => 'fake-newer']],
            'reddit' => ['reddit', $client + ['developer_username' => 'ada'], $pair, ['refresh_token' => 'fake-newer']],
            'instagram' => ['instagram', $app, $token + ['user_id' => '5'] + self::OAUTH2, [
                'access_token' => 'fake-newer',
            ]],
            'threads' => ['threads', $app, $token + ['page_id' => '6'] + self::OAUTH2, [
                'access_token' => 'fake-newer',
            ]],
            'linkedin' => ['linkedin', $client, $pair + ['person_id' => 'x7'], ['access_token' => 'fake-newer']],
            'pinterest' => ['pinterest', $client, $pair, ['refresh_token' => null, 'note' => ['a' => []]]],
            'bluesky' => ['bluesky', ['username' => 'ada.example', 'app_password' => 'fake-password'], [
                'session' => 'fake-session',
            ], ['session' => 'fake-newer']],
            'email_imap' => ['email_imap', $mailbox, $mailbox, ['imap_password' => 'fake-newer']],
        ];
    }

    /**
     * @dataProvider providers
     *
     * @param array<string, mixed> $config
     * @param array<string, mixed> $account
     * @param array<string, mixed> $patch
     */
    public function testTheSite(string $slug, array $config, array $account, array $patch): void
    {
        $provider = self::provider($slug);
        self::assertSame($slug, $provider->get_provider_slug());
        self::assertNull($provider->get_site_account());
        self::assertSame([], $provider->get_account());
        self::assertSame([], $provider->get_config());
        self::assertFalse($provider->is_configured());
        self::assertFalse($provider->is_authenticated());
        self::assertNull($provider->get_username());

        self::assertTrue($provider->save_config($config));
        self::assertTrue($provider->is_configured());
        self::assertSame($config, $provider->get_config());
        self::assertNotSame([], array_intersect_key($provider->get_config_fields(), $config));

        $this->lives(
            $account,
            $patch,
            $provider->get_site_account(...),
            $provider->save_site_account(...),
            $provider->update_site_account(...),
            $provider->delete_site_account(...)
        );
        $this->lives(
            $account,
            $patch,
            static fn (): ?array => $provider->get_account() ?: null,
            $provider->save_account(...),
            $provider->update_account(...),
            $provider->clear_account(...)
        );
        self::assertSame($config, $provider->get_config());

        self::assertTrue($provider->save_site_account($account));
        self::assertTrue($provider->is_authenticated());
        self::assertSame($account['username'] ?? $config['username'] ?? null, $provider->get_username());
        self::assertSame([], $this->logged('error'));
    }

    /**
     * @dataProvider providers
     *
     * @param array<string, mixed> $config
     * @param array<string, mixed> $account
     * @param array<string, mixed> $patch
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function testUsersAndAgents(string $slug, array $config, array $account, array $patch): void
    {
        $provider = self::provider($slug);
        $provider->save_site_account(['access_token' => 'fake-of-the-site']);
        foreach (['user', 'agent'] as $type) {
            $of = static fn (string $verb): \Closure => $provider->{"{$verb}_account_for_{$type}"}(...);
            $this->lives(
                $account,
                $patch,
                static fn (): ?array => $of('get')(7),
                static fn (array $account): bool => $of('save')(7, $account),
                static fn (array $patch): bool => $of('update')(7, $patch),
                static fn (): bool => $of('delete')(7)
            );
            self::assertTrue($of('save')(7, $account));
            self::assertNull($of('get')(8));
            self::assertSame($account, $of('get')(-7));

            self::assertNull($of('get')(0));
            self::assertFalse($of('save')(0, $account));
            self::assertFalse($of('update')(0, $patch));
            self::assertFalse($of('delete')(0));
            self::assertNull($of('get')(PHP_INT_MIN));
        }
        self::assertTrue($provider->delete_account_for_user(7));
        self::assertNull($provider->get_account_for_user(7));
        self::assertSame($account, $provider->get_account_for_agent(7));
        self::assertSame(['access_token' => 'fake-of-the-site'], $provider->get_site_account());
        self::assertSame([], $this->logged('error'));
    }

    /**
     * @dataProvider providers
     *
     * @param array<string, mixed> $config
     * @param array<string, mixed> $account
     * @param array<string, mixed> $patch
     *
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function testNamedAccounts(string $slug, array $config, array $account, array $patch): void
    {
        $provider = self::provider($slug);
        $provider->save_site_account(['access_token' => 'fake-of-the-site']);
        foreach ([['site', 0], ['user', 7], ['agent', 9]] as [$type, $id]) {
            $name = "box.{$type}_1-a";
            self::assertNull($provider->get_named_account($name, $type, $id));
            self::assertSame([], $provider->find_named_accounts($name));
            self::assertTrue($provider->delete_named_account($name, $type, $id));

            self::assertTrue($provider->save_named_account(" BOX.{$type}_1-a ", $account, $type, $id));
            self::assertTrue($provider->save_named_account($name, $account, $type, $id));
            self::assertSame($account, $provider->get_named_account(strtoupper($name), $type, $id));
            self::assertNull($provider->get_named_account($name, 'user', 8));
            $found = [['account_name' => $name, 'owner_type' => $type, 'owner_id' => $id, 'account' => $account]];
            self::assertSame($found, $provider->find_named_accounts(" {$name}\n"));

            self::assertFalse($provider->save_named_account($name, $patch, 'agent', 123));
            self::assertSame($found, $provider->find_named_accounts($name));
            self::assertTrue($provider->save_named_account($name, $patch, $type, $id));
            self::assertSame($patch, $provider->get_named_account($name, $type, $id));

            self::assertTrue($provider->save_named_account("{$name}.2", $account, $type, $id));
            self::assertTrue($provider->delete_named_account($name, $type, $id));
            self::assertTrue($provider->delete_named_account($name, $type, $id));
            self::assertNull($provider->get_named_account($name, $type, $id));
            self::assertSame($account, $provider->get_named_account("{$name}.2", $type, $id));
        }
        self::assertSame(['access_token' => 'fake-of-the-site'], $provider->get_site_account());
    }

    public function testNamesThatAreNone(): void
    {
        $provider = self::provider('reddit');
        $account = ['access_token' => 'fake'];
        $nobody = [['nobody', 1], ['user', 0], ['agent', -1], ['', 0], ['principal', 1]];
        foreach (['', ' ', '.x', 'a b', 'a/b', "a\0b", 'é', '-', "a\nb", 'x' . str_repeat('x', 200)] as $name) {
            self::assertFalse($provider->save_named_account($name, $account), $name);
            self::assertNull($provider->get_named_account($name));
            self::assertSame([], $provider->find_named_accounts($name));
        }
        self::assertFalse($provider->delete_named_account('a b'));
        self::assertCount(1, $this->log, 'Only the longest one came to the vault.');
        $plain = new Providers\Plain('reddit');
        self::assertSame('a.b-1', $plain->call('normalize_named_account_name', " A.b-1\n"));
        self::assertSame('', $plain->call('normalize_named_account_name', 'a b'));
        foreach ($nobody as [$type, $id]) {
            self::assertFalse($provider->save_named_account('a', $account, $type, $id));
            self::assertNull($provider->get_named_account('a', $type, $id));
            self::assertFalse($provider->delete_named_account('a', $type, $id));
        }
        self::assertFalse($provider->save_named_account('a', []));
        self::assertTrue($provider->save_named_account('0', $account));
        self::assertSame($account, $provider->get_named_account('0'));
    }

    public function testTheNameDefaultIsTheAccountWithoutAName(): void
    {
        $provider = self::provider('reddit');
        $provider->save_site_account(['access_token' => 'fake']);
        self::assertFalse($provider->save_named_account('default', ['access_token' => 'fake-other']));
        self::assertNull($provider->get_named_account('Default'));
        self::assertSame([], $provider->find_named_accounts('default'));
        self::assertFalse($provider->delete_named_account('default'));
        self::assertSame(['access_token' => 'fake'], $provider->get_site_account());
    }

    public function testDeletingAPrincipalTakesEverything(): void
    {
        $provider = new Providers\Plain('reddit');
        $other = new Providers\Plain('linkedin');
        $policy = static fn (): string => BaseAuthProvider::AUTH_SCOPE_PRINCIPAL;
        $this->hook('datamachine_auth_scope_policy', $policy);
        foreach ([['user', ['user_id' => 7]], ['agent', ['agent_id' => 7]]] as [$type, $context]) {
            foreach ([$provider, $other] as $one) {
                self::assertTrue($one->update_account(['access_token' => 'fake'], $context));
                self::assertTrue($one->save_config(['client_id' => 'fake'], $context));
                self::assertTrue($one->save_named_account("box-{$type}", ['access_token' => 'fake'], $type, 7));
            }
            self::assertTrue($provider->{"delete_account_for_{$type}"}(-7));
            self::assertNull($provider->{"get_account_for_{$type}"}(7));
            self::assertSame([], $provider->get_config($context));
            self::assertSame([], $provider->find_named_accounts("box-{$type}"));
            self::assertSame(['access_token' => 'fake'], $other->{"get_account_for_{$type}"}(7));
            self::assertSame(['client_id' => 'fake'], $other->get_config($context));
            self::assertTrue($provider->{"delete_account_for_{$type}"}(7));
        }
    }

    public function testAnOAuth1AccountWithoutItsTokensIsNotConnected(): void
    {
        $provider = self::provider('twitter');
        $provider->save_site_account(['access_token' => 'fake', 'access_token_secret' => '']);
        self::assertFalse($provider->is_authenticated());
        $provider->update_site_account(['access_token_secret' => 'fake']);
        self::assertTrue($provider->is_authenticated());
        $provider->update_site_account(['username' => 'ada']);
        self::assertTrue($provider->is_authenticated());
        $provider->update_site_account(['access_token' => null]);
        self::assertFalse($provider->is_authenticated());
        $provider->clear_account();
        $provider->update_site_account(['access_token' => 'fake']);
        self::assertFalse($provider->is_authenticated());
        self::assertTrue($provider->save_config(['api_key' => 'fake']));
        self::assertFalse($provider->is_configured());
    }

    public function testAnotherAccountOfTheProviderTakesThePlace(): void
    {
        $provider = new Providers\Plain('instagram');
        $id = fn (): array => array_column(iterator_to_array($this->open()->all(), false), 'id', 'remoteId');
        $provider->save_site_account(['access_token' => 'fake-1', 'user_id' => '1']);
        $first = $id();
        $saves = ['2' => 'save_site_account', '3' => 'update_site_account', '4' => 'save_account'];
        foreach ($saves as $user => $method) {
            self::assertTrue($provider->$method(['access_token' => "fake-{$user}", 'user_id' => (string) $user]));
            self::assertSame([$user], array_keys($id()));
            self::assertNotSame(current($first), current($id()));
            self::assertSame("fake-{$user}", $provider->get_site_account()['access_token'] ?? null);
        }
        $provider->save_named_account('press', ['access_token' => 'fake-5', 'user_id' => '5']);
        self::assertTrue($provider->save_named_account('press', ['access_token' => 'fake-6', 'user_id' => '6']));
        $accounts = $id();
        ksort($accounts);
        self::assertSame([4, 6], array_keys($accounts));
    }

    public function testAnEmptyAccountIsNone(): void
    {
        $provider = new Providers\Plain('reddit');
        self::assertTrue($provider->save_site_account([]));
        self::assertTrue($provider->update_site_account([]));
        self::assertNull($provider->get_site_account());
        self::assertTrue($provider->save_account_for_user(7, ['a' => 1]));
        self::assertTrue($provider->save_account_for_user(7, []));
        self::assertNull($provider->get_account_for_user(7));
        self::assertTrue($provider->save_config(['a' => 1]));
        self::assertTrue($provider->is_configured());
        self::assertTrue($provider->save_config([]));
        self::assertSame([], $provider->get_config());
        self::assertFalse($provider->is_configured());
        self::assertFalse($provider->is_authenticated());
        self::assertSame(0, $this->open()->info()->connections + $this->open()->info()->configs);

        // Somebody else may save one.
        $this->open()->save('reddit', 'user:7', []);
        self::assertNull($provider->get_account_for_user(7));
        self::assertSame([], $this->log);
    }

    public function testOfSeveralOwnersTheSiteComesFirst(): void
    {
        // Rows made in the same second come in any order: many, so that the site's is hardly the first by chance.
        $users = array_map(static fn (int $id): string => "user:{$id}", range(1, 20));
        foreach ([...$users, 'org:3', 'site:4', 'agent:9', 'site:0'] as $owner) {
            $this->open()->save('reddit', $owner, ['of' => $owner], 'a');
        }
        $found = self::provider('reddit')->find_named_accounts('a');
        self::assertCount(22, $found, 'Owners that upstream does not know are not among them.');
        self::assertSame('site', $found[0]['owner_type']);
        foreach ($found as $match) {
            self::assertSame("{$match['owner_type']}:{$match['owner_id']}", $match['account']['of']);
        }
    }

    public function testValuesComeBackAsTheyWere(): void
    {
        $account = [
            'access_token' => "fake-ключ-鍵-\u{1F511}\0\n\"\\/<",
            'nothing' => null,
            'empty' => '',
            'list' => [],
            'whole' => 2.0,
            'ratio' => 0.1,
            'big' => PHP_INT_MAX,
            'flags' => [true, false],
            'deep' => ['b' => ['a' => [1, ['z' => null]]], '5' => 'x'],
        ];
        $provider = self::provider('pinterest');
        self::assertTrue($provider->save_site_account($account));
        self::assertSame($account, $provider->get_site_account());
        self::assertTrue($provider->update_site_account(['deep' => ['c' => 1], 'nothing' => [], 'new' => 1]));
        $merged = array_merge($account, ['deep' => ['c' => 1], 'nothing' => [], 'new' => 1]);
        self::assertSame($merged, $provider->get_site_account());
    }

    public function testNumericNamesAndTheSitesIdStandAsTheyAre(): void
    {
        $provider = self::provider('reddit');
        self::assertTrue($provider->save_site_account(['a' => 1, 5 => 'five']));
        self::assertTrue($provider->update_site_account([5 => 'six', 7 => 'seven']));
        self::assertSame(['a' => 1, 5 => 'six', 7 => 'seven'], $provider->get_site_account());
        self::assertTrue($provider->save_named_account('a', ['n' => 1], 'site', 5));
        self::assertTrue($provider->save_named_account('a', ['n' => 2]));
        self::assertSame(['n' => 2], $provider->get_named_account('a', 'site', 9));
    }

    /**
     * @param array<string, mixed>                 $account
     * @param array<string, mixed>                 $patch
     * @param \Closure(): ?array<string, mixed>    $get
     * @param \Closure(array<string, mixed>): bool $save
     * @param \Closure(array<string, mixed>): bool $update
     * @param \Closure(): bool                     $delete
     */
    private function lives(
        array $account,
        array $patch,
        \Closure $get,
        \Closure $save,
        \Closure $update,
        \Closure $delete,
    ): void {
        self::assertNull($get());
        self::assertTrue($delete(), 'Nothing is there to delete.');
        self::assertTrue($update($patch), 'An update makes what is not there.');
        self::assertSame($patch, $get());
        self::assertTrue($save($account));
        self::assertSame($account, $get());
        self::assertTrue($save($account), 'The same again.');
        self::assertTrue($update($patch));
        self::assertSame(array_merge($account, $patch), $get());
        self::assertTrue($update($patch), 'The same again.');
        self::assertTrue($delete());
        self::assertNull($get());
        self::assertTrue($delete());
    }
}
