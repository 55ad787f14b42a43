<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Core\OAuth\BaseAuthProvider;

/**
 * What the old classes returned on the option `mixed`, compared with what these return after its import.
 */
final class FixtureTest extends DropinTestCase
{
    /**
     * The only answers that differ, each with its row in docs/dropin.md: an envelope that does not open is no token.
     */
    private const DIFFERENT = [
        'reddit user:66' => ['refresh_token' => 'fake-still-good-refresh', 'username' => 'corrupted_ciphertext'],
        'reddit user:67' => ['username' => 'malformed_envelope'],
    ];

    protected function setUp(): void
    {
        parent::setUp();
        $this->import('mixed');
    }

    public function testEveryGetterAnswersAsBefore(): void
    {
        $different = [];
        $compared = 0;
        foreach (self::expected() as $slug => $getters) {
            $provider = self::provider($slug);
            foreach ($getters as $getter => $before) {
                $now = Calls::getter($provider, (string) $getter);
                $compared++;
                if ($now !== $before) {
                    $different["{$slug} {$getter}"] = $now;
                }
            }
        }
        self::assertSame(self::DIFFERENT, $different);
        self::assertGreaterThan(80, $compared);
    }

    public function testWhatDoesNotOpenIsSaidOnce(): void
    {
        $provider = self::provider('reddit');
        $provider->get_account_for_user(66);
        self::assertStringContainsString('access_token', (string) $provider->get_last_error());
        self::assertStringContainsString('user:66', (string) $provider->get_last_error());
        $provider->get_account_for_user(66);
        $provider->get_account_for_user(67);
        self::assertStringContainsString('user:67', (string) $provider->get_last_error());
        self::assertCount(1, $this->logged('error'));
        $provider->get_account_for_user(2);
        self::assertNull($provider->get_last_error());

        self::assertTrue($provider->update_account_for_user(66, ['access_token' => 'fake-newer']));
        self::assertSame('fake-newer', $provider->get_account_for_user(66)['access_token']);
        self::assertNull($provider->get_last_error());
    }

    public function testConnectedAsBefore(): void
    {
        // Those without an expiry: the others' tokens are dead by now, or will be.
        foreach (['twitter', 'bluesky', 'email_imap', 'http_basic'] as $slug) {
            self::assertTrue(self::provider($slug)->is_authenticated(), $slug);
        }
        self::assertFalse(self::provider('gone_provider')->is_authenticated());
        self::assertNull(self::provider('gone_provider')->get_site_account());
        // A child that asks the vault, without opening anything.
        self::assertTrue((new Providers\Plain('twitter'))->is_authenticated());
        self::assertFalse((new Providers\Plain('bluesky'))->is_authenticated());
    }

    public function testDeletionsTakeNothingElseWithThem(): void
    {
        $expected = self::expected();
        $reddit = new Providers\Plain('reddit');
        self::assertTrue($reddit->clear_account());
        self::assertTrue($reddit->delete_account_for_agent(2));
        self::assertTrue($reddit->delete_account_for_user(66));
        self::assertTrue($reddit->delete_account_for_user(12345));
        self::assertNull($reddit->get_site_account());
        self::assertNull($reddit->get_account_for_agent(2));
        self::assertNull($reddit->get_account_for_user(66));
        $this->hook('datamachine_auth_scope_policy', static fn (): string => 'principal');
        self::assertSame($expected['reddit']['get_config'], $reddit->get_config(['agent_id' => 2]), 'Its own is gone.');
        self::assertStringStartsWith('fake-rdid-c3a', $reddit->get_config(['user_id' => 2])['client_id']);
        self::assertSame($expected['reddit']['agent:5'], $reddit->get_account_for_agent(5));
        self::assertSame($expected['reddit']['user:2'], $reddit->get_account_for_user(2));

        $email = self::provider('email_imap');
        self::assertTrue($email->delete_named_account('Personal.Desk_1', 'user', 2));
        self::assertNull($email->get_named_account('personal.desk_1', 'user', 2));
        self::assertSame($expected['email_imap']['agent:5/named/agent-box'], $email->get_named_account(
            'agent-box',
            BaseAuthProvider::AUTH_SCOPE_AGENT,
            5
        ));
        self::assertTrue($email->delete_account_for_user(3));
        self::assertSame([], $email->find_named_accounts('0'));
        self::assertSame($expected['email_imap']['get_config'], $email->get_config());
    }

    public function testPatchesKeepTheRest(): void
    {
        $expected = self::expected();
        $pinterest = self::provider('pinterest');
        $patch = ['access_token' => 'fake-newer', 'boards' => [], 'refresh_token' => null, 'added' => 1.0];
        self::assertTrue($pinterest->update_account_for_user(-4, $patch));
        $merged = array_merge($expected['pinterest']['user:4'], $patch);
        self::assertSame($merged, $pinterest->get_account_for_user(4));
        self::assertSame($expected['pinterest']['get_site_account'], $pinterest->get_site_account());

        $twitter = self::provider('twitter');
        self::assertTrue($twitter->update_account(['last_verified_at' => 1795000001]));
        $merged = array_merge($expected['twitter']['get_account'], ['last_verified_at' => 1795000001]);
        self::assertSame($merged, $twitter->get_account());
        self::assertTrue($twitter->is_authenticated());
    }

    public function testNamesOfOthersAreRefused(): void
    {
        $email = self::provider('email_imap');
        $mailbox = ['imap_user' => 'x', 'imap_password' => 'fake'];
        self::assertFalse($email->save_named_account('Agent-Box', $mailbox));
        self::assertFalse($email->save_named_account('agent-box', $mailbox, 'agent', 2));
        self::assertFalse($email->save_named_account('event-submissions', $mailbox, 'user', 2));
        self::assertFalse($email->save_named_account('0', $mailbox, 'user', 2));
        self::assertTrue($email->save_named_account('0', $mailbox, 'user', 3));
        self::assertTrue($email->save_named_account('agent-box', $mailbox, 'agent', 5));
        self::assertTrue(self::provider('mastodon')->save_named_account('agent-box', $mailbox));
        self::assertSame([
            ['account_name' => 'agent-box', 'owner_type' => 'agent', 'owner_id' => 5, 'account' => $mailbox],
        ], $email->find_named_accounts(' AGENT-BOX '));
    }

    public function testReferences(): void
    {
        $basic = self::provider('http_basic');
        self::assertSame(['auth' => [
            'type' => 'basic',
            'username' => 'rig-user',
            'password' => self::expected()['http_basic']['get_config']['password'],
        ]], $basic->resolve_auth_ref('logstash'));
        $error = $basic->resolve_auth_ref('other');
        self::assertInstanceOf(\WP_Error::class, $error);
        self::assertSame('auth_ref_unresolved', $error->get_error_code());
        self::assertStringContainsString('other', $error->get_error_message());
        self::assertTrue($basic->save_config(['proxy_url' => 'http://proxy:1'] + $basic->get_config()));
        self::assertSame('http://proxy:1', $basic->resolve_auth_ref('logstash')['proxy_url']);
        self::assertTrue($basic->save_config(['account' => 'logstash', 'username' => 'a']));
        self::assertInstanceOf(\WP_Error::class, $basic->resolve_auth_ref('logstash'));

        $reddit = self::provider('reddit');
        self::assertNull($reddit->get_auth_ref_for_config(['client_secret' => 'x'], 'reddit'));
        $error = $reddit->resolve_auth_ref('desk', 'reddit', ['runtime' => true]);
        self::assertInstanceOf(\WP_Error::class, $error);
        self::assertStringContainsString('desk', $error->get_error_message());
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private static function expected(): array
    {
        $json = (string) file_get_contents(self::FIXTURES . '/expected-mixed-api.json');
        return json_decode($json, true, flags: JSON_THROW_ON_ERROR);
    }
}
