<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Renewal;
use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Mode;
use DataMachine\Connections\RefreshOutcome;
use DataMachine\Connections\Vault;

/**
 * Whose account a class reads and saves while it is asked for new tokens: the one that is renewed, and nobody else's
 * before and after.
 */
final class RenewalPlacesTest extends DropinTestCase
{
    private const NEW = ['access_token' => 'new', 'expires_at' => 4_102_444_800];

    /**
     * @return array<string, array{string, string}> owner and account
     */
    public static function places(): array
    {
        return [
            'the site' => ['site:0', 'default'],
            'a user' => ['user:7', 'default'],
            'an agent' => ['agent:9', 'default'],
            'one of the site\'s' => ['site:0', 'second'],
            'one of a user\'s' => ['user:7', 'second'],
        ];
    }

    /**
     * @dataProvider places
     */
    public function testTheAccountIsTheOneThatIsRenewed(string $owner, string $account): void
    {
        $provider = $this->provided();
        $config = null;
        $provider->answer = static function (string $token) use ($provider, &$config): array {
            self::assertSame($token, $provider->get_account()['access_token']);
            $config = $provider->get_config();
            self::assertTrue($provider->save_account(['refresh_token' => 'rotated'] + $provider->get_account()));
            self::assertTrue($provider->update_account(['scope' => 'more']));
            self::assertSame('more', $provider->get_account()['scope']);
            self::assertSame('of site:0 default', $provider->get_site_account()['access_token']);
            return self::NEW;
        };
        $others = $this->stored();
        $renewal = Renewal::of($provider, $owner, $account);
        self::assertSame(RefreshOutcome::Refreshed, $renewal->outcome(), (string) $provider->get_last_error());
        $now = $this->stored();
        $place = "{$owner} {$account}";
        $renewed = $now[$place];
        self::assertSame(['new', 'rotated', 'more'], [
            $renewed['access_token'], $renewed['refresh_token'], $renewed['scope'],
        ]);
        unset($others[$place], $now[$place]);
        self::assertSame($others, $now, 'Nobody else\'s was touched.');
        self::assertSame(['client_id' => $owner === 'user:7' ? 'of the user' : 'of the site'], $config);
        if ($place !== 'site:0 default') {
            self::assertSame('of site:0 default', $provider->get_account()['access_token'], 'It is over.');
            self::assertFalse(wp_next_scheduled($provider->get_cron_hook_name()), 'What is planned is the site\'s.');
        }
    }

    public function testPlansAreTheSites(): void
    {
        $provider = $this->provided();
        $provider->save_account(['access_token' => 'x', 'token_expires_at' => time() + 5000]);
        $provider->schedule_proactive_refresh();
        $planned = wp_next_scheduled($provider->get_cron_hook_name());
        $provider->answer = static function () use ($provider): array {
            self::assertFalse($provider->schedule_proactive_refresh());
            return self::NEW;
        };
        Renewal::of($provider, 'user:7');
        self::assertSame($planned, wp_next_scheduled($provider->get_cron_hook_name()));
    }

    public function testAfterAnExceptionItIsOver(): void
    {
        $provider = $this->provided();
        $provider->answer = static fn () => throw new \DomainException('x');
        try {
            Renewal::of($provider, 'user:7');
            self::fail('It was swallowed.');
        } catch (\DomainException) {
            self::assertSame('of site:0 default', $provider->get_account()['access_token']);
        }
    }

    /**
     * @return array<string, array{string}>
     */
    public static function ends(): array
    {
        return [
            'exit' => ['exit;'],
            'a fatal error' => ['ini_set("memory_limit", memory_get_usage() + 4_000_000); str_repeat("x", 1 << 27);'],
            'the time limit' => ['set_time_limit(1); while (true) { md5("x"); }'],
        ];
    }

    /**
     * @dataProvider ends
     */
    public function testAfterTheEndOfTheScriptItIsOver(string $end): void
    {
        $this->provided();
        $said = $this->process("ini_set('display_errors', '0'); ini_set('log_errors', '0');
            \$provider = new Providers\\Told('told');
            \$provider->answer = static function () use (\$provider) {
                echo \$provider->get_account()['access_token'], ', ';
                {$end}
            };
            // WordPress's own is registered before any of it, too.
            register_shutdown_function(static function () use (\$provider) {
                echo \$provider->get_account()['access_token'], ', ';
                \$provider->save_account(['access_token' => 'of the shutdown']);
            });
            \\DataMachine\\Connections\\Dropin\\Renewal::of(\$provider, 'user:7');")->wait();
        self::assertStringStartsWith('of user:7 default, of site:0 default, ', $said);
        self::assertSame('of the shutdown', $this->stored()['site:0 default']['access_token']);
        self::assertSame('of user:7 default', $this->stored()['user:7 default']['access_token']);
    }

    public function testWhileAFiberStandsStillItIsOver(): void
    {
        $provider = $this->provided();
        $provider->answer = static function () use ($provider): array {
            \Fiber::suspend($provider->get_account()['access_token']);
            self::assertSame('of user:7 default', $provider->get_account()['access_token']);
            return self::NEW;
        };
        $fiber = new \Fiber(static fn () => Renewal::of($provider, 'user:7')->outcome());
        self::assertSame('of user:7 default', $fiber->start());
        self::assertSame('of site:0 default', $provider->get_account()['access_token']);
        $fiber->resume();
        self::assertSame(RefreshOutcome::Refreshed, $fiber->getReturn());
    }

    public function testAnotherObjectSeesTheSites(): void
    {
        $provider = $this->provided();
        $other = new Providers\Told('told');
        $seen = null;
        $provider->answer = static function () use ($other, &$seen): array {
            $seen = $other->get_account()['access_token'];
            return self::NEW;
        };
        Renewal::of($provider, 'user:7');
        self::assertSame('of site:0 default', $seen);
    }

    public function testOneWithinAnotherIsTheInnermost(): void
    {
        $provider = $this->provided();
        $seen = [];
        $provider->answer = static function (string $token) use ($provider, &$seen): array {
            $seen[] = $token;
            if ($token === 'of user:7 default') {
                Renewal::of($provider, 'agent:9');
            }
            $seen[] = $provider->get_account()['access_token'];
            return self::NEW;
        };
        Renewal::of($provider, 'user:7');
        $of = static fn (string $owner): string => "of {$owner} default";
        self::assertSame([$of('user:7'), $of('agent:9'), $of('agent:9'), $of('user:7')], $seen);
    }

    public function testTheAccountIsReadWithoutAskingTheGrantsAgain(): void
    {
        $provider = $this->provided();
        $provider->answer = static function () use ($provider): array {
            self::assertSame('of user:7 default', $provider->get_account()['access_token'] ?? null);
            self::assertNull($provider->get_site_account());
            return self::NEW;
        };
        Runtime::configure(fn (): Vault => $this->open(), self::salt(...), Mode::Enforce);
        DataMachine::tool(5, 'a session', static function () use ($provider): void {
            self::assertSame(RefreshOutcome::Refreshed, Renewal::of($provider, 'user:7')->outcome());
            self::assertNull($provider->get_account_for_user(7));
        });
        self::assertSame('new', $provider->get_account_for_user(7)['access_token']);
    }

    /** With an account in each place, which is to be renewed. */
    private function provided(): Providers\Told
    {
        $vault = $this->open();
        foreach (self::places() as [$owner, $account]) {
            $vault->save('told', $owner, [
                'access_token' => "of {$owner} {$account}",
                'refresh_token' => "refresh of {$owner} {$account}",
                'token_expires_at' => time() - 10,
            ], $account);
        }
        $vault->configs()->save('told', 'site:0', ['client_id' => 'of the site']);
        $vault->configs()->save('told', 'user:7', ['client_id' => 'of the user']);
        $provider = new Providers\Told('told');
        $provider->clear_proactive_refresh();
        return $provider;
    }

    /**
     * @return array<string, array<string, mixed>> the documents, by owner and account
     */
    private function stored(): array
    {
        $vault = $this->open();
        $documents = [];
        foreach ($vault->all(['provider' => 'told']) as $row) {
            $found = $vault->members('told', $row->owner, $row->account);
            $documents["{$row->owner} {$row->account}"] = $found[0];
        }
        ksort($documents);
        return $documents;
    }
}
