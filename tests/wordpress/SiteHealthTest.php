<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * What Site Health says of the connections.
 */
final class SiteHealthTest extends SiteTestCase
{
    use WithPage;

    private const TESTS = 'require_once ABSPATH . "wp-admin/includes/admin.php";
        $tests = apply_filters("site_status_tests", ["direct" => [], "async" => []]);
        $found = [];
        foreach ($tests["direct"] as $name => $test) {
            $found[substr($name, strlen("datamachine_connections_"))] = $test["test"]();
        }
        return $found;';

    public function testBeforeAMigrationOnlyWhatOneWouldNeedIsLookedAt(): void
    {
        $site = $this->withOption($this->ownSite(ffi: 'preload'));
        $found = $this->found($site);
        self::assertSame(['requirements' => 'recommended'], self::statuses($found));
        self::assertStringContainsString("opcache.preload={$site->content()}", $found['requirements']['description']);
        $site->restart(ffi: 'preload', preload: 'data-machine-connections/php/preload.php');
        self::assertSame(['requirements' => 'good'], self::statuses($this->found($site)));
    }

    public function testAfterOneHowGoodEachIsAndWhatIsBetter(): void
    {
        $site = $this->filled($this->ownSite());
        $found = $this->found($site);
        self::assertSame([
            'store' => 'good',
            'requirements' => 'recommended',
            'place' => 'good',
            'key' => 'recommended',
            'mode' => 'recommended',
            'option' => 'good',
            'classes' => 'good',
            'hourly' => 'good',
        ], self::statuses($found));
        self::assertStringContainsString('ffi.enable=preload', $found['requirements']['description']);
        self::assertStringContainsString('Accounts: 32,', $found['store']['description']);

        // The line that it says prints the key that it has to be.
        preg_match('~<pre[^>]*>sudo (.*)\n(define.*)</pre>~', $found['key']['description'], $lines);
        $key = trim((string) shell_exec(html_entity_decode($lines[1], ENT_QUOTES)));
        self::assertSame("define('DATAMACHINE_CONNECTIONS_KEY', '...');", html_entity_decode($lines[2], ENT_QUOTES));
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => $key]);
        unlink(self::only($site, 'datamachine-connections-*/key/primary.key'));
        $this->press($site, $this->page($site), 'mode');
        $site->restart(ffi: 'preload', preload: 'data-machine-connections/php/preload.php');
        $found = $this->found($site);
        self::assertSame([], array_diff(self::statuses($found), ['good']));
    }

    public function testASecretInTheOptionIsFound(): void
    {
        $site = $this->filled($this->ownSite());
        $site->setRow('datamachine_auth_data', serialize(['reddit' => ['account' => ['access_token' => 'strayed']]]));
        self::assertSame('recommended', self::statuses($this->found($site))['option']);
    }

    public function testTheHourlyWorkIsMissed(): void
    {
        $site = $this->filled($this->ownSite());
        $anchor = unserialize((string) $site->row('datamachine_connections'));
        $site->setRow('datamachine_connections', serialize(['migrated_at' => time() - 86400] + $anchor));
        $found = $this->found($site);
        self::assertSame('recommended', $found['hourly']['status']);
        self::assertStringContainsString('php wp-cron.php', $found['hourly']['description']);
        $site->evaluate(self::KEEP_HEADS);
        self::assertSame('good', self::statuses($this->found($site))['hourly']);
    }

    public function testACopyIsTold(): void
    {
        $site = $this->filled($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'staging.example.org']);
        $found = $this->found($site);
        self::assertSame('recommended', $found['store']['status']);
        self::assertStringContainsString('this site is staging.example.org', $found['store']['description']);
    }

    public function testWhatCannotBeReachedIsCritical(): void
    {
        $site = $this->filled($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => base64_encode(str_repeat('x', 32))]);
        $statuses = self::statuses($this->found($site));
        self::assertSame('critical', $statuses['store']);
        self::assertArrayNotHasKey('key', $statuses);
        $site->restart(ffi: 'false');
        $statuses = self::statuses($this->found($site));
        self::assertSame('critical', $statuses['requirements']);
        self::assertArrayNotHasKey('store', $statuses);
        $site->logs->take();
    }

    public function testADamagedAnchorIsCritical(): void
    {
        $site = $this->filled($this->ownSite());
        $site->setRow('datamachine_connections', serialize(['store_id' => 'x']));
        self::assertSame(['store' => 'critical'], self::statuses($this->found($site)));
    }

    /**
     * nginx knows none of the files by which others refuse: it gives the store to who knows the name.
     *
     * @group root
     */
    public function testWhetherTheStoreIsServedIsAskedOfTheWebServer(): void
    {
        $site = $this->ownSite(homeWritable: false, address: 'http://127.0.0.1');
        chown(dirname($site->home()), 'root');
        $this->filled($site);
        $place = self::only($site, 'public/wp-content/datamachine-connections-*');
        $found = $this->found($site);
        self::assertSame('recommended', $found['place']['status']);
        self::assertStringContainsString('DATAMACHINE_CONNECTIONS_PATH', $found['place']['description']);

        // Site Health's page runs it by itself.
        $page = $site->as('admin')->get('/wp-admin/site-health.php');
        preg_match('~"test":"([^"]*served)"~', $page->body, $test);
        preg_match('~"site_status":"([0-9a-f]+)"~', $page->body, $nonce);
        // As its script does.
        $ask = ['action' => 'health-check-' . preg_replace('~_~', '-', $test[1], 1), '_wpnonce' => $nonce[1]];
        $answer = $site->as('admin')->post('/wp-admin/admin-ajax.php', $ask);
        self::assertSame('recommended', json_decode($answer->body, true)['data']['status']);
        self::assertSame(403, $site->as('admin')->post('/wp-admin/admin-ajax.php', ['_wpnonce' => 'x'] + $ask)->status);
        self::assertSame(false, json_decode($site->as('ada')->post('/wp-admin/admin-ajax.php', [
            '_wpnonce' => $site->evaluate('return wp_create_nonce("health-check-site-status");', as: 12),
        ] + $ask)->body, true)['success'] ?? false);

        // The requests of the site to itself are let through here.
        $served = $this->served($site, '');
        self::assertSame('critical', $served['status']);
        $path = parse_url("{$site->address()}/wp-content/" . basename($place), PHP_URL_PATH);
        self::assertStringContainsString("location ^~ {$path}/ { deny all; }", $served['description']);

        // One of the two is enough to be critical.
        rename("{$place}/key/primary.key", "{$place}/key/away");
        self::assertSame('critical', $this->served($site, '')['status']);
        rename("{$place}/store/connections.sqlite", "{$place}/store/away");
        rename("{$place}/key/away", "{$place}/key/primary.key");
        self::assertSame('critical', $this->served($site, '')['status']);
        rename("{$place}/key/primary.key", "{$place}/key/away");
        self::assertSame('good', $this->served($site, '')['status']);
        rename("{$place}/store/away", "{$place}/store/connections.sqlite");
        rename("{$place}/key/away", "{$place}/key/primary.key");

        // A server that refuses; one that says politely that there is nothing.
        foreach ([[403, ''], [200, '<html>Nothing here.</html>']] as [$status, $body]) {
            $answer = '["response" => ["code" => ' . $status . '], "headers" => [], "body" => "' . $body . '"]';
            $served = $this->served($site, "add_filter('pre_http_request', static fn () => {$answer});");
            self::assertSame('good', $served['status']);
        }
    }

    public function testAPlaceOutsideIsNotAskedAbout(): void
    {
        $site = $this->filled($this->ownSite());
        $page = $site->as('admin')->get('/wp-admin/site-health.php');
        self::assertSame(200, $page->status);
        self::assertStringNotContainsString('datamachine-connections-served', $page->body);
        self::assertNothingSecret($page);
    }

    public function testTheDebugInformationHasWhatHelpsAndNothingSecret(): void
    {
        $site = $this->filled($this->ownSite());
        $page = $site->as('admin')->get('/wp-admin/site-health.php?tab=debug');
        self::assertSame(200, $page->status);
        self::assertNothingSecret($page);
        $cells = array_map(
            static fn (\DOMElement $cell): string => trim($cell->textContent),
            $page->find("//div[@id='health-check-accordion-block-datamachine-connections']//td"),
        );
        $facts = array_combine(...array_map(
            static fn (int $column): array => array_column(array_chunk($cells, 2), $column),
            [0, 1],
        ));
        $expected = ['State' => 'active', 'Problem' => 'none', 'Classes' => 'standing', 'Mode' => 'observe'];
        $expected += ['Accounts' => '32'];
        self::assertSame($expected, array_intersect_key($facts, $expected));
        // What is copied for others tells neither where things are nor whose they are.
        $copied = $page->find("//button[@data-clipboard-text]")[0]->getAttribute('data-clipboard-text');
        self::assertStringContainsString('mode: observe', $copied);
        self::assertStringNotContainsString(self::only($site, 'datamachine-connections-*'), $copied);

        $site->restart(ffi: 'false');
        $page = $site->as('admin')->get('/wp-admin/site-health.php?tab=debug');
        self::assertStringContainsString('ffi_forbidden', $page->text());
        // WordPress itself looks for Ghostscript there.
        self::assertSame([], preg_grep('~gs: not found~', $site->logs->take(), PREG_GREP_INVERT));
    }

    /**
     * @return array<string, array<string, mixed>>
     */
    private function found(Site $site): array
    {
        $page = $site->as('admin')->get('/wp-admin/site-health.php');
        self::assertSame(200, $page->status);
        self::assertNothingSecret($page);
        return $site->evaluate(self::TESTS, as: 1, at: '/wp-admin/admin-ajax.php');
    }

    /**
     * @return array<string, mixed>
     */
    private function served(Site $site, string $before): array
    {
        $ask = 'return DataMachine\Connections\WordPress\SiteHealth\SiteHealth::served();';
        return $site->evaluate('remove_all_filters("pre_http_request");' . $before . $ask);
    }

    /**
     * @param array<string, array<string, mixed>> $found
     *
     * @return array<string, string>
     */
    private static function statuses(array $found): array
    {
        return array_map(static fn (array $one): string => $one['status'], $found);
    }
}
