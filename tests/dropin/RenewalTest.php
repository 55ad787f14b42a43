<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\Mode;
use DataMachine\Connections\Status;
use DataMachine\Connections\Tests\UsesAuthority;
use DataMachine\Connections\Vault;
use DataMachine\Core\OAuth\BaseOAuth2Provider;

/**
 * Provider classes whose tokens are renewed, by `do_refresh_token()` alone, at a real authorization server.
 *
 * On Data Machine 0.175.11's own classes these are red: the rotated token (reddit, pinterest, linkedin), Facebook by
 * cron, an account that has ended by hand, many at once, an outage. Short-lived tokens, and those without a new end,
 * never come to one there: planning the next renewal renews again.
 */
final class RenewalTest extends DropinTestCase
{
    use UsesAuthority;

    private const DAY = 86_400;

    /** @var list<array{string, array<string, mixed>}> what `datamachine_oauth_refresh_failed` was told */
    private array $failed = [];

    protected function setUp(): void
    {
        parent::setUp();
        $this->hook('datamachine_oauth_refresh_failed', function (string $slug, array $account): void {
            $this->failed[] = [$slug, $account];
        });
    }

    protected function tearDown(): void
    {
        self::$authority->mended();
        parent::tearDown();
    }

    /**
     * @return array<string, array{string, string}> the provider, and under which name it has its token
     */
    public static function children(): array
    {
        return [
            'reddit' => ['reddit', 'access_token'],
            'pinterest' => ['pinterest', 'access_token'],
            'linkedin' => ['linkedin', 'access_token'],
            'instagram' => ['instagram', 'access_token'],
            'threads' => ['threads', 'access_token'],
            'facebook' => ['facebook', 'user_access_token'],
        ];
    }

    /**
     * @dataProvider children
     */
    public function testEachChildIsRenewedByCron(string $slug, string $name): void
    {
        $provider = $this->connected($slug);
        $before = $provider->get_account();
        $provider->handle_cron_refresh();
        self::assertNull($provider->get_last_error());
        $after = $provider->get_account();
        $this->assertRenewed($before, $after, $name);
        self::assertSame('kept', $after['extra']);
        self::assertContains('OAuth2: Cron refresh completed', $this->logged('info'));
        self::assertSame([], $this->failed);
        self::assertGreaterThan(time(), wp_next_scheduled($provider->get_cron_hook_name()));
        if ($slug === 'facebook') {
            self::assertSame('fake page token, new', $after['page_access_token']);
            self::assertArrayNotHasKey('access_token', $after);
        }
        $provider->clear_proactive_refresh();
        $provider->handle_cron_refresh();
        self::assertSame($after, $provider->get_account());
        self::assertGreaterThan(time(), wp_next_scheduled($provider->get_cron_hook_name()), 'Planned again.');
        $this->assertRequests(1);
    }

    /**
     * @dataProvider children
     */
    public function testEachChildIsRenewedByWhoNeedsTheToken(string $slug, string $name): void
    {
        $provider = $this->connected($slug);
        $before = $provider->get_account();
        $token = $provider->get_valid_access_token();
        if ($slug === 'facebook') {
            self::assertNull($token, 'As upstream: it has no access_token.');
            return;
        }
        $this->assertRenewed($before, $provider->get_account(), $name);
        self::assertSame($provider->get_account()[$name], $token);
        self::assertSame($token, $provider->get_valid_access_token());
        $this->assertRequests(1);
        self::assertGreaterThanOrEqual(time() - 60, $provider->get_account()['last_refreshed_at']);
        self::assertSame(['OAuth2: Token refreshed successfully'], $this->logged('info'));
    }

    public function testAnAccountThatHasEndedIsRenewedByHand(): void
    {
        $provider = $this->connected('reddit');
        self::assertLessThan(time(), $provider->get_account()['token_expires_at']);
        // What upstream's ability `refresh-auth` does.
        self::assertTrue($provider->is_authenticated());
        self::assertNotNull($provider->get_valid_access_token());
        self::assertGreaterThan(time(), $provider->get_account()['token_expires_at']);
    }

    public function testOfManyAtOnceOneAsksAndAllHaveTheToken(): void
    {
        $this->connected('reddit');
        self::$authority->fault($this->family(), ['hold' => 'after']);
        $code = '$provider = new Providers\Reddit();
            echo $provider->get_valid_access_token() ?? json_encode([$provider->get_last_error(), $log]);';
        // A busy machine takes its time.
        $start = fn () => $this->process($code, ['patience_ms' => '60000']);
        $processes = [$start(), $start(), $start()];
        self::$authority->waitForHeld();
        usleep(200_000);
        self::$authority->release();
        $said = array_map(static fn ($process): string => $process->wait(), $processes);
        $token = self::provider('reddit')->get_account()['access_token'];
        self::assertSame([$token, $token, $token], $said);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    public function testWhoComesBetweenWhatAChildSavesAndWhatItAnswersWaits(): void
    {
        $other = null;
        $ready = "{$this->directory}/ready";
        $provider = $this->told(function () use (&$provider, &$other, $ready): array {
            $provider->save_account(['refresh_token' => 'rotated'] + $provider->get_account());
            $other = $this->process('$provider = new Providers\Told("told"); touch(' . var_export($ready, true) . ');
                echo $provider->get_valid_access_token() ?? "none", $provider->asked;', ['patience_ms' => '60000']);
            self::assertTrue(self::waitFor($ready));
            usleep(200_000);
            return ['access_token' => 'new', 'expires_at' => time() + 3600];
        });
        self::assertSame('new', $provider->get_valid_access_token());
        self::assertSame('new0', $other?->wait());
    }

    public function testNobodyWaitsWhileTheTokenIsStillGood(): void
    {
        $provider = $this->connected('reddit', 100);
        $old = $provider->get_account()['access_token'];
        self::$authority->fault($this->family(), ['hold' => 'after']);
        $other = $this->process('echo (new Providers\Reddit())->get_valid_access_token();');
        self::$authority->waitForHeld();
        self::assertSame($old, $provider->get_valid_access_token());
        $provider->handle_cron_refresh();
        self::assertGreaterThan(time(), wp_next_scheduled($provider->get_cron_hook_name()), 'It looks again.');
        self::$authority->release();
        $said = $other->wait();
        self::assertSame($provider->get_account()['access_token'], $said);
        $this->assertCounts(['requests' => 1, 'rotations' => 1]);
    }

    public function testAnOutageIsWaitedOut(): void
    {
        $provider = $this->connected('reddit', 100);
        $old = $provider->get_account()['access_token'];
        self::$authority->fault($this->family(), ['answer' => ['status' => ['code' => 503]], 'times' => null]);
        for ($calls = 0; $calls < 5; $calls++) {
            self::assertSame($old, $provider->get_valid_access_token());
        }
        $this->assertCounts(['requests' => 1]);
        self::assertSame(['OAuth2: Token refresh failed'], $this->logged('error'));
        self::assertSame([], $this->failed);
        $provider->handle_cron_refresh();
        $this->assertCounts(['requests' => 1]);
        self::assertGreaterThan(time(), wp_next_scheduled($provider->get_cron_hook_name()));
        self::assertTrue($provider->is_authenticated());

        // A person asks.
        self::$authority->mended();
        self::assertNotNull($provider->call('attempt_recovery_refresh'));
        self::assertNotSame($old, $provider->get_account()['access_token']);
    }

    public function testARefusalIsToldAlsoOfAnAccountWithoutAnAccessToken(): void
    {
        $provider = new class ('facebook') extends Providers\Told {
            public function is_authenticated(): bool // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return !empty($this->get_account()['user_access_token']);
            }
        };
        $provider->buffer = 7 * self::DAY;
        $provider->save_account(['user_access_token' => 'old', 'token_expires_at' => time() + self::DAY]);
        $provider->answer = static fn () => new \WP_Error('x', 'No.', ['error' => ['code' => 190]]);
        $provider->handle_cron_refresh();
        self::assertSame(['facebook'], array_column($this->failed, 0));
        self::assertSame([], $this->logged('debug'));

        $pending = new Providers\Told('told');
        $pending->save_account(['refresh_token' => 'fake', 'token_expires_at' => 1]);
        $pending->handle_cron_refresh();
        self::assertCount(1, $this->failed);
        self::assertCount(1, $this->logged('debug'));
        self::assertSame(0, $pending->asked);
    }

    public function testARefusalIsToldOnceAndTheProviderLeftAlone(): void
    {
        $provider = $this->connected('reddit');
        self::$authority->withdraws($this->family());
        $provider->handle_cron_refresh();
        self::assertCount(1, $this->failed);
        self::assertSame('reddit', $this->failed[0][0]);
        $info = $this->open()->find(['provider' => 'reddit'])->rows[0];
        self::assertSame([Status::NeedsReauth, 'refresh_refused'], [$info->status, $info->statusCause]);
        self::assertFalse($provider->is_authenticated());
        self::assertFalse(wp_next_scheduled($provider->get_cron_hook_name()));
        self::assertNull($provider->get_valid_access_token());
        self::assertNull($provider->get_valid_access_token());
        $this->assertCounts(['requests' => 1]);
        // The account is still there for who connects it again.
        self::assertNotSame([], $provider->get_account());
        $provider->save_account(['extra' => 'kept'] + self::$authority->consents($this->family()));
        self::assertNotNull($provider->get_valid_access_token());
    }

    public function testThereIsTimeToConsentAgainWhileTheTokenLasts(): void
    {
        $provider = $this->connected('reddit', 100);
        $old = $provider->get_account()['access_token'];
        self::$authority->withdraws($this->family());
        $provider->handle_cron_refresh();
        self::assertCount(1, $this->failed);
        self::assertFalse($provider->is_authenticated());
        self::assertSame($old, $provider->get_valid_access_token());
        $this->assertCounts(['requests' => 1]);
    }

    public function testAStoreThatMakesRoomForOthersMeanwhileIsNotAskedForTwice(): void
    {
        $provider = $this->told(function (): array {
            for ($others = 1; $others < 10; $others++) {
                $this->open(['path' => "{$this->directory}/other-{$others}"])->info();
            }
            return ['access_token' => 'new', 'expires_at' => time() + 3600];
        });
        $provider->get_valid_access_token();
        self::assertSame(1, $provider->asked);
        self::assertNotNull($provider->get_site_account(), 'It is opened again.');
    }

    public function testTheRotatedTokenThatAChildStoredItselfIsTheOneThatStays(): void
    {
        // Stored by save_account() (reddit), update_account() (pinterest), or with all else (linkedin).
        foreach (['reddit', 'pinterest', 'linkedin'] as $slug) {
            $provider = $this->connected($slug);
            $old = $provider->get_account()['refresh_token'];
            self::assertNotNull($provider->get_valid_access_token());
            $new = $provider->get_account()['refresh_token'];
            self::assertNotSame($old, $new, $slug);
            self::assertTrue(self::$authority->renews($new), $slug);
        }
    }

    public function testWhatAChildThrowsGoesOn(): void
    {
        $thrown = new \DomainException('its own');
        $provider = $this->told(static fn () => throw $thrown);
        try {
            $provider->get_valid_access_token();
            self::fail('It was swallowed.');
        } catch (\DomainException $caught) {
            self::assertSame($thrown, $caught);
        }
        self::assertNull($provider->get_valid_access_token());
        self::assertSame(1, $provider->asked, 'A failure like any other: it is waited out.');
    }

    public function testCronComesAgainAfterWhatIsNobodysAnswer(): void
    {
        $provider = $this->told(static fn () => throw new \DomainException('its own'));
        $hook = $provider->get_cron_hook_name();
        try {
            $provider->handle_cron_refresh();
            self::fail('It was swallowed.');
        } catch (\DomainException) {
            self::assertGreaterThan(time(), wp_next_scheduled($hook));
        }
        $child = new class ('elsewhere') extends Providers\Told {
            public function get_account(): array // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return ['access_token' => 'from elsewhere'];
            }
        };
        $child->handle_cron_refresh();
        self::assertFalse(wp_next_scheduled($child->get_cron_hook_name()), 'The vault has nothing to be renewed.');
        Runtime::configure(static fn () => throw new \DomainException('no store'), self::salt(...));
        $child->handle_cron_refresh();
        self::assertGreaterThan(time(), wp_next_scheduled($child->get_cron_hook_name()));
    }

    public function testWithinItsOwnRenewalNothingWaitsForItself(): void
    {
        $within = null;
        $provider = $this->told(static function () use (&$provider, &$within): array {
            $within = [$provider->get_valid_access_token(), $provider->schedule_proactive_refresh()];
            return ['access_token' => 'new', 'expires_at' => time() + 3600];
        }, 100);
        self::assertSame('new', $provider->get_valid_access_token());
        self::assertSame(['old', true], $within);
        self::assertSame([], $this->logged('error'));
        self::assertSame(1, $provider->asked);
    }

    public function testATimeThatHasComeIsCaughtUpWith(): void
    {
        $provider = $this->told(static fn (): array => ['access_token' => 'new', 'expires_at' => time() + 3600], 100);
        self::assertTrue($provider->schedule_proactive_refresh());
        self::assertSame([1, 'new'], [$provider->asked, $provider->get_account()['access_token']]);
        $planned = wp_next_scheduled($provider->get_cron_hook_name());
        self::assertEqualsWithDelta(time() + 3300, $planned, 60);

        $provider = $this->told(static fn () => new \WP_Error('x', 'No.'), 100, 'failing');
        self::assertFalse($provider->schedule_proactive_refresh());
        self::assertCount(1, $this->failed);
        $provider = $this->told(null, 100, 'unable');
        self::assertFalse($provider->schedule_proactive_refresh());
        self::assertCount(1, $this->failed);
    }

    public function testShortLivedTokensAreNotRenewedForEver(): void
    {
        $provider = $this->told(static fn (): array => ['access_token' => 'new', 'expires_at' => time() + 600]);
        $provider->buffer = 7 * self::DAY;
        self::assertSame('new', $provider->get_valid_access_token());
        self::assertSame('new', $provider->get_valid_access_token());
        self::assertTrue($provider->schedule_proactive_refresh());
        self::assertSame(1, $provider->asked);
        self::assertEqualsWithDelta(time() + 300, wp_next_scheduled($provider->get_cron_hook_name()), 60);
    }

    public function testAnAgentThatMayNotHaveTheAccountRenewsNothing(): void
    {
        $provider = $this->connected('reddit');
        Runtime::configure(fn (): Vault => $this->open(), self::salt(...), Mode::Enforce);
        DataMachine::tool(7, 'a session', static function () use ($provider): void {
            self::assertNull($provider->get_valid_access_token());
        });
        self::assertNotNull($provider->get_last_error());
        $this->assertCounts([]);
    }

    /** A child in the manner of a real one, with an account whose token is to be renewed. */
    private function connected(string $slug, int $left = -10): BaseOAuth2Provider
    {
        $provider = self::provider($slug);
        self::assertInstanceOf(BaseOAuth2Provider::class, $provider);
        $itself = in_array($slug, ['instagram', 'threads', 'facebook'], true);
        $terms = ['renewal' => $itself ? 'itself' : 'rotating', 'expires_in' => 60 * self::DAY];
        // Meta's renew only what has not ended.
        $left = $itself ? 5 * self::DAY : $left;
        $account = self::$authority->consents($this->family(), $terms, $left) + ['extra' => 'kept'];
        $account['last_refreshed_at'] = time() - 55 * self::DAY;
        if ($slug === 'facebook') {
            $account += ['user_access_token' => $account['access_token'], 'page_access_token' => 'fake page token'];
            unset($account['access_token']);
        }
        self::assertTrue($provider->save_account($account));
        self::assertTrue($provider->save_config(['client_id' => 'fake', 'client_secret' => 'fake']));
        $provider->clear_proactive_refresh();
        return $provider;
    }

    /**
     * @param array<string, mixed> $before
     * @param array<string, mixed> $after
     */
    private function assertRenewed(array $before, array $after, string $name): void
    {
        self::assertNotSame($before[$name], $after[$name]);
        self::assertEqualsWithDelta(time() + 60 * self::DAY, $after['token_expires_at'], 60);
        $rotated = $after['refresh_token'] ?? null;
        if ($rotated !== null) {
            self::assertNotSame($before['refresh_token'], $rotated);
        }
        $this->assertCounts(['requests' => 1, 'rotations' => $rotated === null ? 0 : 1]);
    }
}
