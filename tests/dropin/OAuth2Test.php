<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Abilities\PermissionHelper;
use DataMachine\Connections\Status;
use DataMachine\Core\OAuth\OAuth2Handler;

/**
 * The base class of OAuth 2 providers, as far as nobody is asked for tokens: what it tells of an account, what it
 * plans, and how a person's consent begins and ends.
 */
final class OAuth2Test extends DropinTestCase
{
    protected function setUp(): void
    {
        parent::setUp();
        OAuth2Handler::forget();
    }

    protected function tearDown(): void
    {
        unset($_POST['datamachine_implicit_flow']);
        parent::tearDown();
    }

    public function testConfiguredWithWhatItsKindNeeds(): void
    {
        $provider = new Providers\Told('example');
        self::assertFalse($provider->is_configured());
        $provider->save_config(['client_id' => 'fake']);
        self::assertFalse($provider->is_configured());
        $provider->public = true;
        $provider->save_config(['client_id' => 'fake']);
        self::assertTrue($provider->is_configured());
        $provider->public = false;
        $provider->save_config(['client_id' => 'fake', 'client_secret' => 'fake']);
        self::assertTrue($provider->is_configured());
        $this->sql('UPDATE connections SET sealed = randomblob(length(sealed))');
        self::assertTrue($provider->is_configured(), 'Nothing is opened.');
        // One that knows better what it needs.
        $facebook = self::provider('facebook');
        $facebook->save_config(['app_id' => 'fake', 'app_secret' => 'fake']);
        self::assertTrue($facebook->is_configured());
    }

    public function testConnectedWhileItLastsOrCanBeRenewed(): void
    {
        $provider = new Providers\Told('example');
        self::assertFalse($provider->is_authenticated());
        $provider->save_account(['access_token' => '']);
        self::assertFalse($provider->is_authenticated());
        $provider->save_account(['access_token' => 'fake']);
        self::assertTrue($provider->is_authenticated());
        $provider->save_account(['access_token' => 'fake', 'token_expires_at' => time() + 3600]);
        self::assertTrue($provider->is_authenticated());
        $over = ['access_token' => 'fake', 'token_expires_at' => time() - 100];
        $provider->save_account($over);
        self::assertFalse($provider->is_authenticated());
        $provider->save_account($over + ['refresh_token' => 'fake']);
        self::assertTrue($provider->is_authenticated());
        $provider->save_account($over + ['refresh_token' => 'fake', 'refresh_token_expires_at' => time() - 1]);
        self::assertFalse($provider->is_authenticated());
        foreach ([Status::NeedsReauth, Status::Revoked, Status::Error] as $status) {
            $provider->save_account(['access_token' => 'fake', 'refresh_token' => 'fake']);
            $this->open()->setStatus('example', 'site:0', $status);
            self::assertFalse($provider->is_authenticated(), $status->value);
        }
    }

    public function testNothingIsOpenedToSayThatItIsConnected(): void
    {
        $provider = new Providers\Told('example');
        $provider->save_account(['access_token' => 'fake', 'token_expires_at' => time() + 3600]);
        $this->sql('UPDATE connections SET sealed = randomblob(length(sealed))');
        self::assertTrue($provider->is_authenticated());
        self::assertNull($provider->get_last_error());
        self::assertNull($provider->get_site_account());
    }

    public function testAChildsOwnAccountCounts(): void
    {
        $child = new class ('example') extends Providers\Told {
            public array $account = ['access_token' => 'from elsewhere'];

            public function get_account(): array // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return $this->account;
            }
        };
        self::assertTrue($child->is_authenticated());
        self::assertSame('from elsewhere', $child->get_valid_access_token());
        $child->account['token_expires_at'] = time() + 100;
        self::assertSame('from elsewhere', $child->get_valid_access_token(), 'The vault has nothing to be renewed.');
        $child->account['token_expires_at'] = time() - 1;
        self::assertFalse($child->is_authenticated());
        self::assertNull($child->get_valid_access_token());
        self::assertSame(0, $child->asked);
    }

    public function testAFreshTokenCostsNothingButItsAccount(): void
    {
        $said = $this->process('
            $provider = new Providers\Told("example");
            $provider->save_account(["access_token" => "fresh", "token_expires_at" => time() + 3600]);
            echo $provider->get_valid_access_token(), $provider->asked;
            foreach (["Dropin\Renewal", "Dropin\Renewing", "Dropin\Answer", "Refreshing", "Refreshed"] as $class) {
                echo class_exists("DataMachine\Connections\\\\$class", false) ? $class : ".";
            }')->wait();
        self::assertSame('fresh0.....', $said);
    }

    public function testNoTokenWithoutAnAccount(): void
    {
        $provider = new Providers\Told('example');
        self::assertNull($provider->get_valid_access_token());
        $provider->save_account(['access_token' => 'for ever']);
        self::assertSame('for ever', $provider->get_valid_access_token());
        // Half a life, where that is shorter than the class's buffer.
        $provider->buffer = 604_800;
        $account = ['access_token' => 'short', 'last_refreshed_at' => time() - 100, 'token_expires_at' => time() + 500];
        $provider->save_account($account);
        self::assertSame('short', $provider->get_valid_access_token());
        self::assertSame(0, $provider->asked);
    }

    public function testDetailsAreWhoItIsAndItsTimes(): void
    {
        $provider = new Providers\Told('example');
        self::assertNull($provider->get_account_details());
        $provider->save_account(['username' => 'ada']);
        self::assertNull($provider->get_account_details());
        $provider->save_account([
            'access_token' => 'fake',
            'refresh_token' => 'fake',
            'username' => 'ada',
            'name' => '',
            'scope' => 'read',
            'page_id' => '7',
            'last_refreshed_at' => 86_400,
            'token_expires_at' => 172_800,
        ]);
        self::assertSame([
            'username' => 'ada',
            'scope' => 'read',
            'last_refreshed' => wp_date('Y-m-d H:i:s', 86_400),
            'token_expires_at' => wp_date('Y-m-d H:i:s', 172_800),
        ], $provider->get_account_details());
    }

    public function testTheNextRenewalIsPlanned(): void
    {
        $provider = new Providers\Told('example');
        $hook = $provider->get_cron_hook_name();
        self::assertSame('datamachine_refresh_token_example', $hook);
        self::assertFalse($provider->schedule_proactive_refresh());
        $provider->save_account(['access_token' => 'fake']);
        self::assertFalse($provider->schedule_proactive_refresh());
        $expires = time() + 30 * 86_400;
        $provider->buffer = 7 * 86_400;
        $provider->save_account(['access_token' => 'fake', 'token_expires_at' => $expires]);
        self::assertTrue($provider->schedule_proactive_refresh());
        self::assertSame($expires - 7 * 86_400, wp_next_scheduled($hook));
        $provider->save_account(['access_token' => 'fake', 'token_expires_at' => $expires + 86_400]);
        self::assertTrue($provider->schedule_proactive_refresh());
        self::assertSame($expires - 6 * 86_400, wp_next_scheduled($hook));
        $provider->clear_account();
        self::assertFalse(wp_next_scheduled($hook));
        self::assertSame(0, $provider->asked);
    }

    public function testTheEventIsHeard(): void
    {
        new Providers\Told('example');
        do_action('datamachine_refresh_token_example');
        self::assertCount(1, $this->logged('debug'));
        self::assertStringContainsString('no account', $this->logged('debug')[0]);
    }

    public function testAnAuthorizationUrlHasStateAndPkce(): void
    {
        $provider = new Providers\Told('example');
        self::assertSame([
            'response_type' => 'code',
            'redirect_uri' => $provider->get_callback_url(),
            'state' => 'a state',
        ], $provider->call('build_auth_url_params', ['more' => 1]));
        self::assertSame([['create_state', ['example', ['more' => 1]]]], OAuth2Handler::calls());
        $provider->public = true;
        $params = $provider->call('build_auth_url_params');
        self::assertSame(['a challenge', 'S256'], [$params['code_challenge'], $params['code_challenge_method']]);
        self::assertSame(['create_pkce', ['example', 'a state']], OAuth2Handler::calls()[2]);
        self::assertFalse($provider->has_agent_scoped_authorization_state());
    }

    public function testAnAgentsStateBindsTheAnswerToIt(): void
    {
        $provider = new Providers\Told('example');
        $provider->begin_agent_scoped_authorization();
        $build = static fn () => $provider->call('build_auth_url_params', ['a' => 1]);
        PermissionHelper::run_as_agent_context(7, 12, $build);
        self::assertTrue($provider->has_agent_scoped_authorization_state());
        self::assertEquals(['a' => 1, 'agent_id' => 7, 'user_id' => 12], OAuth2Handler::calls()[0][1][1]);
        $provider->begin_agent_scoped_authorization();
        self::assertFalse($provider->has_agent_scoped_authorization_state());
    }

    public function testAnAgentsCallbackSavesItsAccount(): void
    {
        $provider = new Providers\Told('example');
        self::assertFalse($provider->supports_agent_scoped_oauth_callback());
        $provider->agents = ['account_details' => static fn (array $tokens): array => $tokens + ['username' => 'ada']];
        self::assertFalse($provider->supports_agent_scoped_oauth_callback(), 'Where are codes exchanged?');
        $provider->agents += ['token_url' => 'https://example.org/token', 'token_params' => ['code' => 'x']];
        self::assertTrue($provider->supports_agent_scoped_oauth_callback());
        $end = static fn () => $provider->handle_agent_scoped_oauth_callback();
        PermissionHelper::run_as_agent_context(7, 12, $end);
        self::assertSame(
            ['handle_callback', ['example', 'https://example.org/token', ['code' => 'x']]],
            OAuth2Handler::calls()[0]
        );
        $expected = ['access_token' => 'exchanged', 'username' => 'ada'];
        self::assertSame($expected, $provider->get_account_for_agent(7));
        self::assertNull($provider->get_site_account());
        PermissionHelper::$user = 12;
        $end();
        self::assertSame($expected, $provider->get_account_for_user(12));
        $provider->type = 'token';
        $_POST['datamachine_implicit_flow'] = '1';
        PermissionHelper::run_as_agent_context(8, 12, $end);
        self::assertSame('implicit', $provider->get_account_for_agent(8)['access_token']);
    }

    public function testTheImplicitFlowHasItsPageAndItsAnswer(): void
    {
        $provider = new Providers\Told('example');
        $provider->type = 'token';
        $details = static fn (array $tokens): array => $tokens;
        $provider->call('dispatch_implicit_callback', $details);
        $page = ['render_implicit_callback_page', ['example', $provider->get_callback_url()]];
        self::assertSame([$page], OAuth2Handler::calls());
        $_POST['datamachine_implicit_flow'] = '1';
        $provider->call('dispatch_implicit_callback', $details);
        self::assertSame('implicit', $provider->get_account()['access_token']);
    }

    public function testItsPublicSurfaceIsUpstreams(): void
    {
        // What it has beyond: nothing. (The guard compares the signatures where upstream's file is.)
        $own = array_filter(
            (new \ReflectionClass(\DataMachine\Core\OAuth\BaseOAuth2Provider::class))->getMethods(),
            static fn (\ReflectionMethod $method): bool => !$method->isPrivate() && !method_exists(
                \DataMachine\Core\OAuth\BaseAuthProvider::class,
                $method->name
            )
        );
        $names = array_map(static fn (\ReflectionMethod $method): string => $method->name, $own);
        self::assertEqualsCanonicalizing([
            'requires_client_secret', 'get_oauth_response_type', 'uses_pkce', 'get_valid_access_token',
            'do_refresh_token', 'get_refresh_buffer_seconds', 'get_cron_hook_name', 'schedule_proactive_refresh',
            'handle_cron_refresh', 'attempt_recovery_refresh', 'clear_proactive_refresh', 'get_authorization_url',
            'handle_oauth_callback', 'build_auth_url_params', 'begin_agent_scoped_authorization',
            'has_agent_scoped_authorization_state', 'get_agent_scoped_oauth_callback_config',
            'supports_agent_scoped_oauth_callback', 'handle_agent_scoped_oauth_callback',
            'dispatch_implicit_callback',
        ], $names);
    }
}
