<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Abilities\PermissionHelper;

/**
 * Whose account or app config is meant, and who is asked for it.
 */
final class PolicyTest extends DropinTestCase
{
    private const ACCOUNT = ['access_token' => 'fake-site'];

    public function testWithoutAPolicyEverythingIsTheSites(): void
    {
        $provider = $this->connected();
        self::assertSame(self::ACCOUNT, $provider->get_account_for_policy_context(['user_id' => 7, 'agent_id' => 7]));
        self::assertTrue($provider->update_account(['username' => 'ada'], ['user_id' => 7]));
        self::assertSame(['access_token' => 'fake-site', 'username' => 'ada'], $provider->get_account());
        self::assertTrue($provider->save_config(['client_id' => 'fake'], ['user_id' => 7]));
        self::assertSame(['client_id' => 'fake'], $provider->get_config());
    }

    /**
     * @return array<string, array{mixed, array<string, mixed>, ?string}>
     */
    public static function policies(): array
    {
        return [
            'user' => ['user', ['user_id' => 7, 'agent_id' => 9], 'user:7'],
            'agent' => ['agent', ['user_id' => 7, 'agent_id' => 9], 'agent:9'],
            'an agent comes first' => ['principal', ['user_id' => 7, 'agent_id' => '-9'], 'agent:9'],
            'a user where no agent is' => ['principal', ['user_id' => '7', 'agent_id' => 0], 'user:7'],
            'who acts' => ['principal', [], 'agent:5'],
            'the user who acts' => ['user', ['agent_id' => 9], 'user:6'],
            'site' => ['site', ['user_id' => 7], null],
            'unknown' => ['everybody', ['user_id' => 7], null],
            'nonsense' => [['user'], ['user_id' => 7], null],
            'ids that are none' => ['agent', ['agent_id' => ['x'], 'user_id' => 'abc'], 'agent:5'],
        ];
    }

    /**
     * @dataProvider policies
     *
     * @param array<string, mixed> $context
     */
    public function testAPolicyFindsAPrincipal(mixed $policy, array $context, ?string $scope): void
    {
        PermissionHelper::set_agent_context(5, 6);
        $provider = $this->connected();
        $asked = [];
        $filter = static function (mixed ...$arguments) use ($policy, &$asked): mixed {
            $asked[] = $arguments;
            return $policy;
        };
        $this->hook('datamachine_auth_scope_policy', $filter);
        self::assertSame($scope, $provider->call('get_principal_scope', $context, 'config'));
        self::assertSame([['site', 'reddit', 'config', $context, $provider]], $asked);

        $patch = ['access_token' => 'fake-own'];
        $context += ['flow_id' => 1];
        $found = $provider->get_account_for_policy_context($context);
        self::assertSame(self::ACCOUNT, $found, 'The site\'s, in its absence.');
        self::assertTrue($provider->update_account($patch, $context));
        self::assertSame($patch, $provider->get_account_for_policy_context($context));
        self::assertTrue($provider->save_config(['client_id' => 'fake-own'], $context));
        self::assertSame(['client_id' => 'fake-own'], $provider->get_config($context));
        if ($scope === null) {
            self::assertSame($patch, $provider->get_site_account());
            return;
        }
        [$type, $id] = explode(':', $scope);
        self::assertSame($patch, $provider->{"get_account_for_{$type}"}((int) $id));
        self::assertSame(self::ACCOUNT, $provider->get_site_account());
        self::assertTrue($provider->{"delete_account_for_{$type}"}((int) $id));
        self::assertSame(self::ACCOUNT, $provider->get_account_for_policy_context($context));
        self::assertTrue($provider->clear_account());
        self::assertNull($provider->get_account_for_policy_context($context));
        self::assertSame([], $provider->get_config($context));
    }

    public function testWhoIsLoggedInComesLast(): void
    {
        wp_set_current_user(1);
        $this->hook('datamachine_auth_scope_policy', static fn (): string => 'principal');
        $provider = $this->connected();
        self::assertSame('user:1', $provider->call('get_principal_scope'));
        PermissionHelper::$user = 6;
        self::assertSame('user:6', $provider->call('get_principal_scope'));
        self::assertSame('agent:2', $provider->call('get_principal_scope', ['agent_id' => 2]));
    }

    public function testIsConfiguredAsksThePolicy(): void
    {
        $provider = $this->connected();
        PermissionHelper::$user = 6;
        $this->hook('datamachine_auth_scope_policy', static fn (): string => 'user');
        self::assertFalse($provider->is_configured());
        $provider->save_config(['client_id' => 'fake'], ['user_id' => 6]);
        self::assertTrue($provider->is_configured());
        PermissionHelper::$user = 7;
        self::assertFalse($provider->is_configured());
        PermissionHelper::$user = 0;
        $provider->save_config(['client_id' => 'fake']);
        PermissionHelper::$user = 7;
        self::assertTrue($provider->is_configured());
    }

    public function testOnlyFourMethodsAskThePolicy(): void
    {
        $asked = 0;
        $this->hook('datamachine_auth_scope_policy', static function () use (&$asked): string {
            $asked++;
            return 'user';
        });
        $provider = $this->connected();
        $provider->get_account();
        $provider->get_site_account();
        $provider->save_account(self::ACCOUNT);
        $provider->update_site_account(['a' => 1]);
        $provider->get_account_for_user(7);
        $provider->update_account_for_user(7, self::ACCOUNT);
        $provider->update_account_for_agent(7, self::ACCOUNT);
        $provider->save_named_account('a', self::ACCOUNT);
        $provider->get_account_details();
        $provider->clear_account();
        self::assertSame(0, $asked);
    }

    public function testAUsersAccountMayComeFromElsewhere(): void
    {
        $provider = $this->connected();
        $provider->save_account_for_user(7, ['access_token' => 'fake-stored']);
        $asked = [];
        $answer = null;
        $filter = static function (mixed ...$arguments) use (&$answer, &$asked): mixed {
            $asked[] = $arguments;
            return $answer;
        };
        $this->hook('datamachine_resolve_oauth_account_for_user', $filter);
        foreach ([null, [], 'text', false] as $answer) {
            self::assertSame(['access_token' => 'fake-stored'], $provider->get_account_for_user(-7));
        }
        self::assertSame([null, 'reddit', 7], $asked[0]);
        $answer = ['access_token' => 'dm:enc:v1:of-elsewhere'];
        self::assertSame($answer, $provider->get_account_for_user(8));
        self::assertTrue($provider->update_account_for_user(8, ['username' => 'ada']));
        $answer = null;
        self::assertSame(['username' => 'ada'], $provider->get_account_for_user(8));
        self::assertNull($provider->get_account_for_user(9));
        self::assertNull($provider->get_account_for_user(0));

        $lines = array_map(static fn (array $line): string => json_encode($line, JSON_THROW_ON_ERROR), $this->log);
        self::assertCount(6, $lines, 'One for each account that was found.');
        self::assertSame(['debug', 'OAuth: Per-user account resolved', [
            'provider' => 'reddit',
            'user_id' => 8,
            'source' => 'filter',
        ]], $this->log[4]);
        self::assertSame('default', $this->log[0][2]['source']);
        self::assertStringNotContainsString('fake', implode($lines));
    }

    public function testTheCallbackUrl(): void
    {
        $provider = new Providers\Plain('reddit');
        $url = $provider->get_callback_url();
        self::assertStringEndsWith('/datamachine-auth/reddit/', $url);
        self::assertStringStartsWith(site_url(), $url);
        $answer = 'https://elsewhere.example/x';
        $asked = [];
        $filter = static function (mixed ...$arguments) use (&$answer, &$asked): mixed {
            $asked[] = $arguments;
            return $answer;
        };
        $this->hook('datamachine_oauth_callback_url', $filter);
        self::assertSame($answer, $provider->get_callback_url());
        self::assertSame([[$url, 'reddit']], $asked);
        $answer = null;
        self::assertSame($url, $provider->get_callback_url());
    }

    /** Reddit with an account of the site. */
    private function connected(): Providers\Plain
    {
        $provider = new Providers\Plain('reddit');
        self::assertTrue($provider->save_site_account(self::ACCOUNT));
        return $provider;
    }
}
