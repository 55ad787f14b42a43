<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * That the sites of these tests are what the tests take them for.
 */
final class SiteTest extends SiteTestCase
{
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
    public function testAVisitorSeesTheFrontPage(Kind $kind): void
    {
        $site = self::site(kind: $kind);
        $page = $site->get('/');
        self::assertSame(200, $page->status);
        self::assertSame('Tests', $page->find('//h1')[0]->textContent);
        self::assertSame(404, $site->get('/nothing-here/')->status);
        self::assertSame(404, $site->get('/nothing-here.php')->status);
        if ($kind === Kind::Network) {
            self::assertSame('Second', $site->get('/second/')->find('//h1')[0]->textContent);
            self::assertSame(200, $site->get('/second/wp-login.php')->status);
        }
    }

    /**
     * @dataProvider kinds
     */
    public function testWhoLogsInSeesTheAdmin(Kind $kind): void
    {
        $site = self::site(kind: $kind);
        $refused = $site->get('/wp-admin/');
        self::assertSame(302, $refused->status);
        self::assertStringContainsString('/wp-login.php', (string) $refused->header('location'));
        $dashboard = $site->as('admin')->get('/wp-admin/');
        self::assertSame(200, $dashboard->status);
        self::assertStringContainsString('Dashboard', $dashboard->text());
        self::assertSame(200, $site->as('admin')->get('/wp-admin/plugins.php')->status);
        self::assertSame(403, $site->as('ada')->get('/wp-admin/plugins.php')->status);
        if ($kind === Kind::Network) {
            self::assertSame(200, $site->as('admin')->get('/wp-admin/network/plugins.php')->status);
            self::assertSame(200, $site->as('bob')->get('/second/wp-admin/')->status);
        }
    }

    public function testDoorsOfTheAdminAnswerAsOnARealServer(): void
    {
        $site = self::site();
        self::assertSame(400, $site->get('/wp-admin/admin-ajax.php')->status);
        self::assertSame(200, $site->get('/wp-admin/admin-post.php')->status);
        self::assertSame(200, $site->cron()->status);
        self::assertSame(200, $site->get('/?rest_route=/')->status);
        self::assertSame(200, $site->get('/wp-includes/css/buttons.css')->status);
        // A form with its nonce, and one without.
        $admin = $site->as('admin');
        $page = '/wp-admin/options-general.php';
        $saved = $admin->submit($page, $admin->open($page)->form('blogname'), ['blogname' => 'Renamed']);
        self::assertSame(200, $saved->status);
        self::assertSame('Renamed', $site->row('blogname'));
        $unasked = $admin->post('/wp-admin/options.php', ['option_page' => 'general', 'action' => 'update']);
        self::assertSame(403, $unasked->status);
        self::assertSame('Tests', $this->ownSite()->row('blogname'));
    }

    /**
     * @dataProvider kinds
     */
    public function testCodeRunsWithinWordPress(Kind $kind): void
    {
        $site = self::site(kind: $kind);
        $value = ['text' => "ünïcode \0\u{1F642}", 'number' => 1.0, 'none' => null, 7 => [true]];
        self::assertSame($value, $site->evaluate('echo "printed"; return $arguments["value"];', ['value' => $value]));
        $here = $site->evaluate('return [is_multisite(), home_url(), ABSPATH, get_current_user_id(), is_admin()];');
        self::assertSame([$kind === Kind::Network, 'http://example.org', $site->root() . '/', 0, false], $here);
        $code = 'return [get_current_user_id(), current_user_can("manage_options"), is_admin()];';
        self::assertSame([1, true, true], $site->evaluate($code, as: 1, at: '/wp-admin/admin-ajax.php'));
        self::assertSame([12, false, false], $site->evaluate($code, as: 12));
        if ($kind === Kind::Network) {
            self::assertSame(2, $site->evaluate('return get_current_blog_id();', at: '/second/'));
        }
        try {
            $site->evaluate('throw new DomainException("Not here.");');
            self::fail('Nothing was thrown.');
        } catch (Thrown $thrown) {
            self::assertSame(['DomainException', 'Not here.'], [$thrown->class, $thrown->said]);
        }
    }

    public function testOnlyTheTestsRunCode(): void
    {
        $headers = ['X-DM-Tests' => str_repeat('0', 32)];
        $request = new Request('POST', '/', $headers, serialize(['code' => 'exit("no");']));
        $answer = self::site()->sendAll([$request])[0];
        self::assertNull($answer->header('X-DM-Tests'));
        self::assertStringContainsString('</html>', $answer->body);
    }

    public function testWhatIsFatalIsToldAndLogged(): void
    {
        $site = self::site();
        try {
            $site->evaluate('exit(not_there());');
            self::fail('It is not fatal.');
        } catch (\RuntimeException $failed) {
            self::assertStringContainsString('Call to undefined function not_there', $failed->getMessage());
        }
        $site->evaluate('trigger_error("Mind this.", E_USER_NOTICE); error_log("And this."); return null;');
        $logged = $site->logs->take();
        self::assertCount(2, $logged, implode("\n", $logged));
        self::assertStringContainsString('Mind this.', $logged[0]);
        self::assertSame('And this.', $logged[1]);
        self::assertSame([], $site->logs->take());
    }

    public function testRequestsRunAtTheSameTimeInProcessesOfTheirOwn(): void
    {
        $site = self::site(workers: 8);
        $code = '$wpdb = $GLOBALS["wpdb"]; $wpdb->query("INSERT INTO {$wpdb->options} (option_name, option_value)
            VALUES (\'here_{$arguments[\'number\']}\', \'\')");
            for ($until = microtime(true) + 45; microtime(true) < $until; usleep(5000)) {
                if ($wpdb->get_var("SELECT COUNT(*) FROM {$wpdb->options} WHERE option_name LIKE \'here%\'") == 8) {
                    return getmypid();
                }
            }';
        $pids = $site->evaluateMany(8, $code);
        self::assertCount(8, array_unique($pids));
        self::assertEqualsCanonicalizing($site->workers(), $pids);
    }

    public function testWorkersMakeWay(): void
    {
        $site = self::site(workers: 1, maxRequests: 3);
        $pids = array_map(static fn () => $site->evaluate('return getmypid();'), range(1, 6));
        self::assertCount(2, array_unique($pids));
        $site->reload();
        self::assertNotContains($site->evaluate('return getmypid();'), $pids);
        $site->halt();
        self::assertSame(502, $site->get('/')->status);
        self::assertNotSame([], $site->logs->take());
        $site->restart(
            ffi: 'false',
            ini: ['date.timezone' => 'Europe/Berlin'],
            environment: ['COLOUR' => 'dark red'],
            constants: ['SHAPE' => 'round'],
        );
        $code = 'return [ini_get("ffi.enable"), ini_get("date.timezone"), getenv("COLOUR"), SHAPE];';
        self::assertSame(['', 'Europe/Berlin', 'dark red', 'round'], $site->evaluate($code));
        $site->define(['SHAPE' => 'square', 'WP_HOME' => 'http://other.example']);
        self::assertSame(['square', 'http://other.example'], $site->evaluate('return [SHAPE, home_url()];'));
        $site->define(['SHAPE' => null]);
        self::assertFalse($site->evaluate('return defined("SHAPE");'));
    }

    /**
     * @dataProvider kinds
     */
    public function testRowsOfTheDatabaseAreReadAndWritten(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind);
        self::assertNull($site->row('dm_harness'));
        $site->evaluate('return update_site_option("dm_harness", ["a" => "planted"]);');
        self::assertSame(serialize(['a' => 'planted']), $site->row('dm_harness'));
        $table = $kind === Kind::Network ? 'wp_sitemeta.meta_value' : 'wp_options.option_value';
        self::assertStringStartsWith($table, $site->search('planted')[0]);
        $site->setRow('dm_harness', serialize('other'));
        self::assertSame('other', $site->evaluate('return get_site_option("dm_harness");'));
        $site->setRow('dm_harness', null);
        self::assertFalse($site->evaluate('return get_site_option("dm_harness");'));
        self::assertSame([], $site->search('planted'));
        file_put_contents("{$site->home()}/aside", 'it is planted here');
        self::assertSame(['home/aside'], $site->search('planted'));
    }

    public function testItIsReachedUnderItsPort(): void
    {
        $site = $this->ownSite(kind: Kind::Network, address: 'http://127.0.0.1');
        $address = "http://127.0.0.1:{$site->port()}";
        self::assertSame([$address, $address . '/second'], $site->evaluate(
            'return [home_url(), get_home_url(2)];'
        ));
        self::assertStringContainsString('<h1>Second</h1>', (string) file_get_contents("{$address}/second/"));
        self::assertSame(200, $site->as('admin')->get('/wp-admin/network/')->status);
    }

    public function testTheFilesAreTheWorkersOwn(): void
    {
        $worker = $this->ownSite()->evaluate('return posix_geteuid();');
        $site = $this->ownSite(homeWritable: false);
        $code = 'return [is_writable(ABSPATH), is_writable(dirname(ABSPATH)), fileowner(ABSPATH), posix_geteuid()];';
        self::assertSame([true, $worker === posix_geteuid(), $worker, $worker], $site->evaluate($code));
    }

    /**
     * @group root
     */
    public function testADiskIsFull(): void
    {
        $site = $this->ownSite();
        $uploads = $site->content('uploads');
        $site->evaluate('return file_put_contents($arguments[0], "before");', ["{$uploads}/before"]);
        $disk = $site->shrink($uploads, '64k');
        $disk->fill();
        $code = 'return [file_get_contents("$arguments[0]/before"), @file_put_contents("$arguments[0]/more", "more")];';
        self::assertSame(['before', false], $site->evaluate($code, [$uploads]));
        $disk->free();
        self::assertSame(['before', 4], $site->evaluate($code, [$uploads]));
    }

    public function testNothingIsLeft(): void
    {
        $site = Site::start();
        $pids = [...$site->workers()];
        $directory = $site->run();
        $site->stop();
        self::assertDirectoryDoesNotExist($directory);
        self::assertFalse($site->database->exists());
        foreach ($pids as $pid) {
            self::assertDirectoryDoesNotExist("/proc/{$pid}");
        }
        self::assertFalse(@stream_socket_client("tcp://127.0.0.1:{$site->port()}"));
    }
}
