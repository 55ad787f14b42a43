<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * What is done hourly.
 */
final class CronTest extends SiteTestCase
{
    use WithPlugin;

    private const RUN = 'DataMachine\Connections\WordPress\Cron::run();';
    private const VAULT = '$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();';
    /** A provider of OAuth 2 that is asked for new tokens by `reddit`, whoever owns the account. */
    private const PROVIDER = <<<'PHP'
        $provider = new class('reddit') extends DataMachine\Core\OAuth\BaseOAuth2Provider {
            public function get_config_fields(): array { return []; }
            public function get_authorization_url(): string { return ''; }
            public function handle_oauth_callback() {}
            protected function do_refresh_token(string $current): array {
                return ['access_token' => "after {$current}", 'expires_at' => time() + 90 * DAY_IN_SECONDS];
            }
        };
        add_filter('datamachine_auth_providers', static fn (array $all) => ['reddit' => $provider] + $all, PHP_INT_MAX);
        PHP;

    /**
     * @return array<string, array{Kind}>
     */
    public static function kinds(): array
    {
        return ['one site' => [Kind::Single], 'network' => [Kind::Network]];
    }

    /**
     * @dataProvider kinds
     */
    public function testItIsPlannedOnceWhoeverComes(Kind $kind): void
    {
        $site = $this->migrated(self::site(kind: $kind));
        $planned = '$times = 0; foreach (_get_cron_array() as $hooks) {
            $times += count($hooks["datamachine_connections_hourly"] ?? []); } return $times;';
        for ($visit = 0; $visit < 2; $visit++) {
            self::assertSame(200, $site->as('admin')->get('/wp-admin/')->status);
        }
        self::assertSame(1, $site->evaluate($planned));
        if ($kind === Kind::Network) {
            $site->as('bob')->get('/second/wp-admin/');
            self::assertSame(0, $site->evaluate($planned, at: '/second/'));
        }
    }

    public function testTheAuditsHeadsAreKept(): void
    {
        $site = $this->migrated($this->ownSite());
        $kept = static fn (): array => unserialize((string) $site->row('datamachine_connections_heads'));
        $site->evaluate(self::RUN);
        self::assertCount(1, $kept());
        for ($hour = 0; $hour < 25; $hour++) {
            $save = '$vault->save("reddit", "site:0", ["hour" => $arguments[0]]);';
            $site->evaluate(self::VAULT . $save . self::RUN, [$hour]);
        }
        self::assertCount(24, $kept());
        self::assertSame('no', $site->evaluate('return $GLOBALS["wpdb"]->get_var("SELECT autoload FROM wp_options
            WHERE option_name = \'datamachine_connections_heads\'");'));
        $sequences = array_map(static fn (string $head) => json_decode($head, true)['streams'][0]['sequence'], $kept());
        self::assertSame($sequences, array_unique($sequences));

        // The whole store is put back, as it was before.
        $store = self::only($site, 'datamachine-connections-*/store/connections.sqlite');
        copy($store, "{$store}.kept");
        $site->evaluate(self::VAULT . '$vault->save("reddit", "site:0", ["later" => 1]);' . self::RUN);
        $latest = $kept();
        rename("{$store}.kept", $store);
        chown($store, (int) fileowner(dirname($store)));
        chmod($store, 0600);
        $site->reload();
        $behind = 'return DataMachine\Connections\WordPress\Heads::putBack($vault)?->at;';
        self::assertIsInt($site->evaluate(self::VAULT . $behind));
        $site->evaluate(self::RUN);
        self::assertSame($latest, $kept());
        self::assertStringContainsString('put_back', implode("\n", $site->logs->take()));
        self::assertStringContainsString('it was put back', $site->as('admin')->get('/wp-admin/')->text());
        $site->evaluate(self::VAULT . 'DataMachine\Connections\WordPress\Heads::accept($vault);');
        self::assertNull($site->evaluate(self::VAULT . $behind));
    }

    public function testEventsAreTold(): void
    {
        $site = $this->migrated($this->ownSite());
        $listen = '$told = []; add_action("datamachine_connections_event", static function ($event) use (&$told): void {
            $told[] = "{$event->name->value} {$event->provider} {$event->owner}";
            throw new RuntimeException("Mail is down: canary-of-reddit.");
        });';
        self::assertSame([], $site->evaluate($listen . self::RUN . 'return $told;'));
        $site->evaluate(self::VAULT . 'foreach (["site:0", "user:5"] as $owner) {
            $vault->save("reddit", $owner, ["access_token" => "a"]);
            $vault->setStatus("reddit", $owner, DataMachine\Connections\Status::NeedsReauth, cause: "test");
        }');
        // Who throws keeps nobody from hearing the next, and nothing of what it says is logged.
        self::assertSame(
            ['needs_reauth reddit site:0', 'needs_reauth reddit user:5'],
            $site->evaluate($listen . self::RUN . 'return $told;')
        );
        self::assertStringNotContainsString(self::SECRET, implode("\n", $site->logs->take()));
        self::assertSame([], $site->evaluate($listen . self::RUN . 'return $told;'));
    }

    public function testWhatIsDueIsRenewedWhoeverOwnsIt(): void
    {
        $site = $this->migrated($this->ownSite());
        $soon = ['access_token' => 'before', 'refresh_token' => 'r', 'token_expires_at' => time() + 60];
        $site->evaluate(self::VAULT . 'foreach (["site:0", "user:5", "agent:7"] as $owner) {
            $vault->save("reddit", $owner, $arguments);
        }
        $vault->save("youtube", "user:5", $arguments);', $soon);
        $tokens = self::VAULT . 'return array_map(
            static fn ($row) => $vault->members($row->provider, $row->owner)[0]["access_token"],
            iterator_to_array($vault->all(["provider" => "reddit"]), false));';
        $site->evaluate(self::PROVIDER . self::RUN);
        self::assertSame(['after before', 'after before', 'after before'], $site->evaluate($tokens));
        // Of a copy nothing is renewed: that would log out the site that it was made of.
        $site->evaluate(self::VAULT . '$vault->save("reddit", "user:6", $arguments);', $soon);
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'staging.example.org']);
        $site->evaluate(self::PROVIDER . self::RUN);
        self::assertContains('before', $site->evaluate($tokens));
        self::assertSame([], $site->logs->take());
    }
}
