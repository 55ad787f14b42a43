<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * In which state the plug-in is, and what it says: before a migration, after one, and where something is missing.
 */
final class PluginTest extends SiteTestCase
{
    use WithPlugin;

    /** Every way to save or delete a connection: the option's, network or plain, and the classes'. */
    private const DOORS = '$option = "datamachine_auth_data";
        $account = ["access_token" => "canary-of-" . "nobody"];
        $all = ["reddit" => ["account" => $account]];
        $reddit = apply_filters("datamachine_auth_providers", [])["reddit"];
        return [
            update_site_option($option, $all), add_site_option($option, $all), delete_site_option($option),
            update_option($option, $all), add_option($option, $all), delete_option($option),
            $reddit->save_site_account($account), $reddit->update_site_account($account),
            $reddit->save_account_for_user(12, $account), $reddit->delete_site_account(),
        ];';

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
    public function testActivationMakesNothing(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind);
        $before = Files::below($site->home());
        $this->install($site);
        self::assertTrue($site->plugins->isActive(self::PLUGIN));
        self::assertSame(['inert', null], $this->state($site));
        $made = array_diff(Files::below($site->home()), $before);
        $elsewhere = preg_grep('~/(plugins|uploads|upgrade)/~', $made, PREG_GREP_INVERT);
        self::assertSame([], array_values($elsewhere ?: []));
        self::assertContains($site->row('datamachine_connections'), [null, 'a:0:{}']);
        self::assertSame(200, $site->get('/')->status);
        self::assertSame(200, $site->as('admin')->get('/wp-admin/')->status);
    }

    /**
     * @dataProvider kinds
     */
    public function testBeforeAMigrationWhatIsMissingIsToldWhereItIsActivated(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind, ffi: 'false');
        $this->install($site);
        $admin = $kind === Kind::Network ? '/wp-admin/network/' : '/wp-admin/';
        $told = $site->as('admin')->get("{$admin}plugins.php")->text();
        self::assertStringContainsString('Data Machine goes on as before.', $told);
        self::assertStringContainsString('php.ini forbids FFI', $told);
        self::assertStringNotContainsString('goes on as before', $site->as('admin')->get($admin)->text());
        self::assertTrue($site->evaluate(self::REDDIT . '->save_site_account(["access_token" => "as-before"]);'));
        self::assertSame('as-before', $this->token($site));
        $site->restart(ffi: 'true');
        $told = $site->as('admin')->get("{$admin}plugins.php")->text();
        self::assertStringNotContainsString('goes on as before', $told);
        rename(self::only($site, 'public/wp-content/plugins/data-machine-connections/lib'), "{$site->run()}/lib");
        $site->reload();
        $told = $site->as('admin')->get("{$admin}plugins.php")->text();
        self::assertStringContainsString('libdm_connections cannot be loaded', $told);
        self::assertSame('as-before', $this->token($site));
    }

    /**
     * @dataProvider kinds
     */
    public function testAfterAMigrationOurClassesStandOnTheStore(Kind $kind): void
    {
        $site = $this->migrated($this->ownSite(kind: $kind));
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        $file = $site->evaluate(
            'return (new ReflectionClass(DataMachine\Core\OAuth\BaseAuthProvider::class))->getFileName();'
        );
        self::assertStringEndsWith('/plugins/data-machine-connections/php/dropin/BaseAuthProvider.php', $file);
        if ($kind === Kind::Network) {
            self::assertSame(self::SECRET, $this->token($site, '/second/'));
        }
        self::assertSame([], $site->search(self::SECRET));
    }

    public function testUnderPreloadOnlyThePreloadedFileReachesTheLibrary(): void
    {
        $site = $this->migrated($this->ownSite());
        $site->restart(ffi: 'preload');
        self::assertSame(['held', 'ffi_forbidden'], $this->state($site));
        $told = $site->as('admin')->get('/wp-admin/');
        self::assertSame(200, $told->status);
        $preload = $site->content('plugins/data-machine-connections/php/preload.php');
        self::assertStringContainsString("opcache.preload={$preload}", $told->text());
        $site->restart(ffi: 'preload', preload: 'data-machine-connections/php/preload.php');
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
    }

    /**
     * What is missing: how it is taken away, how it is put back, and the code.
     *
     * @return array<string, array{string, \Closure(Site): void, \Closure(Site): void}>
     */
    public static function missing(): array
    {
        $move = static fn (string $pattern) => [
            static function (Site $site) use ($pattern): void {
                $path = self::only($site, $pattern);
                rename($path, "{$path}.away");
            },
            static function (Site $site) use ($pattern): void {
                $path = self::only($site, "{$pattern}.away");
                rename($path, substr($path, 0, -5));
            },
        ];
        $other = static fn (string $path) => static function (Site $site) use ($path): void {
            [$file, $kept] = [self::only($site, $path), "{$site->run()}/kept"];
            if (is_file($kept)) {
                copy($kept, $file);
                unlink($kept);
                return;
            }
            copy($file, $kept);
            file_put_contents($file, base64_encode(str_repeat('x', 32)));
        };
        $constant = static fn (string $name, string $value) => [
            static fn (Site $site) => $site->define([$name => $value]),
            static fn (Site $site) => $site->define([$name => null]),
        ];
        $key = $other('datamachine-connections-*/key/primary.key');
        return [
            'FFI off' => [
                'held', 'ffi_forbidden',
                static fn (Site $site) => $site->restart(ffi: 'false'),
                static fn (Site $site) => $site->restart(ffi: 'true'),
            ],
            'no library' => [
                'active', 'library_missing', ...$move('public/wp-content/plugins/data-machine-connections/lib'),
            ],
            'no key' => ['active', 'key_missing', ...$move('datamachine-connections-*/key')],
            'a wrong key' => ['active', 'wrong_key', $key, $key],
            'a wrong key in wp-config.php' => [
                'active', 'wrong_key',
                ...$constant('DATAMACHINE_CONNECTIONS_KEY', base64_encode(str_repeat('x', 32))),
            ],
            'a key that is none' => [
                'active', 'invalid_key', ...$constant('DATAMACHINE_CONNECTIONS_KEY', 'a passphrase'),
            ],
            'no store' => ['held', 'store_missing', ...$move('datamachine-connections-*/store')],
            'no database in it' => [
                'active', 'store_missing',
                ...$move('datamachine-connections-*/store/connections.sqlite'),
            ],
            'another place' => ['held', 'store_missing', ...$constant('DATAMACHINE_CONNECTIONS_PATH', '/nonexistent')],
        ];
    }

    /**
     * @dataProvider missing
     */
    public function testWhereSomethingIsMissingThePagesGoOnAndTellIt(
        string $state,
        string $code,
        \Closure $take,
        \Closure $back,
    ): void {
        $site = $this->migrated(self::site(workers: 1));
        $take($site);
        $site->reload();
        self::assertSame([$state, $code], $this->state($site));
        self::assertSame(200, $site->get('/')->status);
        $told = $site->as('admin')->get('/wp-admin/');
        self::assertSame(200, $told->status);
        self::assertStringContainsString('cannot be reached', $told->text());
        self::assertStringNotContainsString('cannot be reached', $site->as('ada')->get('/wp-admin/')->text());
        self::assertNull($this->token($site));
        self::assertSame(array_fill(0, 10, false), $site->evaluate(self::DOORS));
        self::assertSame([[], []], $site->evaluate(
            'return [get_site_option("datamachine_auth_data"), get_option("datamachine_auth_data")];'
        ));
        self::assertNull($site->row('datamachine_auth_data'));
        $site->logs->take();
        $back($site);
        $site->reload();
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        self::assertStringNotContainsString('cannot be reached', $site->as('admin')->get('/wp-admin/')->text());
        self::assertSame([], $site->search('canary-of-nobody'));
    }

    public function testAnotherServerIsWhoDiffersInNameAndDirectory(): void
    {
        $site = $this->migrated($this->ownSite());
        $anchor = static fn (): array => unserialize((string) $site->row('datamachine_connections'));
        $name = $anchor()['host'];
        // Only the name: a container of today. The anchor follows when somebody is in the admin.
        $site->define(['DATAMACHINE_CONNECTIONS_HOST' => 'web-2']);
        self::assertSame(['active', null], $this->state($site));
        $site->as('admin')->get('/wp-admin/');
        self::assertSame('web-2', $anchor()['host']);
        // Only the directory: one that was put back.
        $store = self::only($site, 'datamachine-connections-*/store');
        $again = function () use ($store): void {
            rename($store, "{$store}.before");
            mkdir($store, 0700);
            chown($store, (int) fileowner("{$store}.before"));
            foreach (glob("{$store}.before/*") ?: [] as $file) {
                rename($file, "{$store}/" . basename($file));
            }
        };
        $again();
        self::assertSame(self::SECRET, $this->token($site));
        $site->as('admin')->get('/wp-admin/');
        self::assertSame(fileinode($store), $anchor()['inode']);
        // Both.
        rmdir("{$store}.before");
        $again();
        $site->define(['DATAMACHINE_CONNECTIONS_HOST' => 'web-3']);
        self::assertSame(['held', 'other_server'], $this->state($site));
        $told = $site->as('admin')->get('/wp-admin/')->text();
        self::assertStringContainsString('web-2', $told);
        self::assertStringContainsString('web-3', $told);
        self::assertSame('web-2', $anchor()['host']);
        self::assertNotSame('web-3', $name);
        self::assertNull($this->token($site));
        $site->logs->take();
    }

    public function testAnotherAddressMakesItACopy(): void
    {
        $site = $this->migrated($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'https://Staging.example.org/']);
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        $told = $site->as('admin')->get('/wp-admin/')->text();
        self::assertStringContainsString('This site is a copy: its connections belong to example.org.', $told);
    }

    /**
     * @group root
     */
    public function testWhereOnlyWpContentCanBeWrittenToItsNameIsItsGuard(): void
    {
        $site = $this->ownSite(homeWritable: false);
        chown(dirname($site->home()), 'root');
        $this->migrated($site);
        self::assertSame(self::SECRET, $this->token($site));
        $directory = self::only($site, 'public/wp-content/datamachine-connections-*');
        self::assertMatchesRegularExpression('~-[0-9a-f]{32}$~D', $directory);
        $path = '/wp-content/' . basename($directory);
        self::assertSame('', $site->get("{$path}/index.php")->body);
        self::assertSame('', $site->get("{$path}/")->body);
        $url = 'use DataMachine\Connections\WordPress\Place; return [Place::propose()->kind, Place::propose()->url()];';
        self::assertSame(['content', "{$site->address()}{$path}/index.php"], $site->evaluate($url));
        foreach ([$directory, "{$directory}/store", "{$directory}/key"] as $made) {
            self::assertSame('0700', substr(sprintf('%o', fileperms($made)), -4), $made);
        }
    }

    /**
     * @group root
     */
    public function testAnotherUserIsSentAway(): void
    {
        // As WP-CLI does that root runs.
        $site = $this->migrated(self::site(workers: 1));
        $run = static fn (string $php): string => (string) shell_exec(sprintf(
            'cd %s && HTTP_HOST=example.org php -d ffi.enable=true -r %s 2>&1',
            escapeshellarg($site->root()),
            escapeshellarg('$_SERVER["HTTP_HOST"] = "example.org"; require "wp-load.php";
                use DataMachine\Connections\WordPress\{Place, Plugin, Store}; ' . $php)
        ));
        $store = self::only($site, 'datamachine-connections-*/store');
        $before = Files::below($store);
        $said = $run('$problem = Plugin::store()->problem();
            echo $problem->code, " ", implode(" ", $problem->lines()), " ", $problem->message();');
        $owner = posix_getpwuid((int) fileowner($store))['name'];
        self::assertStringStartsWith("wrong_user sudo -u {$owner}", $said);
        // Nor does it make one that nobody else could open.
        $said = $run('echo (new Place(dirname(ABSPATH) . "/other", Place::OUTSIDE))->problem()->code;
            echo Store::make(new Place(dirname(ABSPATH) . "/other", Place::OUTSIDE))->problem()->code;');
        self::assertSame('wrong_userwrong_user', $said);
        self::assertDirectoryDoesNotExist("{$site->home()}/other");
        self::assertSame($before, Files::below($store));
        self::assertSame(self::SECRET, $this->token($site));
    }

    /**
     * @group root
     *
     * @SuppressWarnings(PHPMD.UnusedLocalVariable)
     */
    public function testADiskThatIsFullOrReadOnly(): void
    {
        $site = $this->ownSite(workers: 1);
        $disk = "{$site->home()}/disk";
        mkdir($disk);
        $options = 'size=1m,mode=0700,uid=' . fileowner($site->home());
        exec(sprintf('mount -t tmpfs -o %s none %s 2>&1', $options, escapeshellarg($disk)), $said, $status);
        if ($status !== 0) {
            fwrite(STDERR, "\nNo file system can be mounted here, so none was full or read-only.\n");
            $this->addToAssertionCount(1);
            return;
        }
        try {
            $site->define(['DATAMACHINE_CONNECTIONS_PATH' => "{$disk}/place"]);
            $this->migrated($site);
            $this->fill("{$disk}/filled");
            $save = self::REDDIT . '->save_site_account(["access_token" => str_repeat("x", $arguments[0])]);';
            self::assertFalse($site->evaluate($save, [100_000]));
            self::assertSame(self::SECRET, $this->token($site));
            unlink("{$disk}/filled");
            self::assertTrue($site->evaluate($save, [100_000]));

            $site->halt();
            exec('mount -o remount,ro ' . escapeshellarg($disk));
            $site->restart();
            self::assertSame(['active', 'read_only'], $this->state($site));
            self::assertFalse($site->evaluate($save, [3]));
            self::assertSame(200, $site->get('/')->status);
            self::assertStringContainsString('Read-only', $site->as('admin')->get('/wp-admin/')->text());
        } finally {
            $site->halt();
            exec('umount ' . escapeshellarg($disk));
            $site->logs->take();
        }
    }

    private function fill(string $file): void
    {
        $filled = fopen($file, 'w');
        self::assertNotFalse($filled);
        while (@fwrite($filled, str_repeat('x', 4096)) === 4096) {
            continue;
        }
        fclose($filled);
    }

    public function testTheStoreMovesWhereWpConfigSays(): void
    {
        $site = $this->migrated($this->ownSite());
        $place = dirname(self::only($site, 'datamachine-connections-*/store'));
        rename($place, "{$site->home()}/elsewhere");
        self::assertSame(['held', 'store_missing'], $this->state($site));
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => "{$site->home()}/elsewhere"]);
        self::assertSame(self::SECRET, $this->token($site));
        $site->as('admin')->get('/wp-admin/');
        // From now on the anchor knows.
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => null]);
        self::assertSame(self::SECRET, $this->token($site));
    }

    public function testTheKeyMovesToWpConfigOrTheEnvironment(): void
    {
        $site = $this->migrated($this->ownSite());
        $file = self::only($site, 'datamachine-connections-*/key/primary.key');
        $key = trim((string) file_get_contents($file));
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => $key]);
        $site->as('admin')->get('/wp-admin/');
        unlink($file);
        $site->reload();
        self::assertSame(self::SECRET, $this->token($site));
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => null]);
        $site->reload();
        self::assertSame(['active', 'key_missing'], $this->state($site));
        $said = $site->evaluate('return DataMachine\Connections\WordPress\Plugin::store()->problem()->message();');
        self::assertStringContainsString('it was given by constant', $said);
        $site->restart(environment: ['DATAMACHINE_CONNECTIONS_KEY' => $key]);
        self::assertSame(self::SECRET, $this->token($site));
        $site->logs->take();
    }

    public function testAnUpdateUnderAPreloadedFileAsksForAReload(): void
    {
        $site = $this->migrated($this->ownSite(workers: 1));
        $site->restart(
            ffi: 'preload',
            preload: 'data-machine-connections/php/preload.php',
            ini: ['opcache.revalidate_freq' => '0']
        );
        self::assertSame(['active', null], $this->state($site));
        $release = $site->content('plugins/data-machine-connections/php/src/Native/Release.php');
        Files::put($release, str_replace('0.1.0', '0.1.9', (string) file_get_contents($release)));
        touch($release, time() - 10);
        self::assertSame(['active', 'reload_required'], $this->state($site));
        self::assertNull($this->token($site));
        $told = $site->as('admin')->get('/wp-admin/');
        self::assertSame(200, $told->status);
        self::assertStringContainsString('Reload php-fpm', $told->text());
        $site->logs->take();
    }

    /**
     * @return array<string, array{Kind, bool}>
     */
    public static function caches(): array
    {
        return [
            'one site' => [Kind::Single, false], 'network' => [Kind::Network, false],
            'one site, object cache' => [Kind::Single, true], 'network, object cache' => [Kind::Network, true],
        ];
    }

    /**
     * @dataProvider caches
     */
    public function testWhatBeganBeforeARollbackDoesNotBringTheAnchorBack(Kind $kind, bool $cache): void
    {
        $site = $this->migrated($this->ownSite(kind: $kind, objectCache: $cache));
        $use = 'use DataMachine\Connections\{Mode, WordPress\Anchor}; $before = Anchor::read();';
        // Who comes later than somebody else's change does not undo it; change() begins anew.
        $modes = $site->evaluate($use . '
            $changed = Anchor::change(static fn (Anchor $now) => $now->with(mode: Mode::Enforce));
            $late = $before->replace($before->with(host: "late"));
            $again = Anchor::change(static fn (Anchor $now) => $now->with(host: "again"));
            return [$changed, $late, $again, Anchor::read()->mode->value, Anchor::read()->host];');
        self::assertSame([true, false, true, 'enforce', 'again'], $modes);
        self::assertSame('again', $site->evaluate($use . 'return $before->host;'), 'The next request sees it.');
        $back = $site->evaluate($use . 'Anchor::delete();
            return [$before->replace($before->with(host: "back")), Anchor::change(static fn ($now) => $now)];');
        self::assertSame([false, false], $back);
        self::assertSame(['inert', null], $this->state($site));
        self::assertContains($site->row('datamachine_connections'), [null, 'a:0:{}']);
    }

    public function testADamagedAnchorHoldsTheSite(): void
    {
        $site = $this->migrated($this->ownSite());
        $anchor = $site->row('datamachine_connections');
        $site->setRow('datamachine_connections', serialize(['store_id' => 'x']));
        self::assertSame(['held', 'anchor_damaged'], $this->state($site));
        self::assertSame(200, $site->get('/')->status);
        self::assertStringContainsString('it has no path', $site->as('admin')->get('/wp-admin/')->text());
        $site->setRow('datamachine_connections', $anchor);
        self::assertSame(self::SECRET, $this->token($site));
    }

    public function testDeactivatedAndActivatedAgainAllIsThere(): void
    {
        $site = $this->migrated($this->ownSite());
        $site->as('admin')->get('/wp-admin/');
        self::assertStringContainsString('datamachine_connections_hourly', (string) $site->row('cron'));
        $site->plugins->deactivate(self::PLUGIN);
        self::assertStringNotContainsString('datamachine_connections_hourly', (string) $site->row('cron'));
        self::assertNotNull($site->row('datamachine_connections'));
        $site->plugins->activate(self::PLUGIN);
        self::assertSame(self::SECRET, $this->token($site));
    }

    public function testOnOneBlogOfANetworkOnlyItStaysInert(): void
    {
        $site = $this->ownSite(kind: Kind::Network);
        $site->plugins->upload(self::ZIP);
        $site->evaluate('update_option("active_plugins", [$arguments[0]]);', [self::PLUGIN]);
        self::assertSame(['inert', 'not_on_network'], $this->state($site));
        $told = $site->as('admin')->get('/wp-admin/')->text();
        self::assertStringContainsString('Activate it for the network', $told);
        // What was migrated stays guarded where the plug-in is: no blog of it falls back to the option.
        $this->migrate($site);
        self::assertSame(['active', null], $this->state($site));
    }

    /**
     * @dataProvider kinds
     */
    public function testUninstallRefusesWhatItWasNotTold(Kind $kind): void
    {
        $site = $this->migrated($this->ownSite(kind: $kind));
        $site->as('admin')->get('/wp-admin/');
        $site->plugins->deactivate(self::PLUGIN);
        $refused = $site->plugins->uninstall(self::PLUGIN);
        self::assertStringContainsString('was not deleted', $refused->text());
        self::assertFileExists($site->content('plugins/' . self::PLUGIN));
        $consent = 'require_once WP_PLUGIN_DIR . "/data-machine-connections/php/autoload.php";
            DataMachine\Connections\WordPress\Uninstallation::consent();';
        $site->evaluate($consent);
        $site->plugins->uninstall(self::PLUGIN);
        self::assertFileDoesNotExist($site->content('plugins/' . self::PLUGIN));
        self::assertSame([], preg_grep('~datamachine-connections~', Files::below($site->home())) ?: []);
        self::assertSame([], glob("{$site->home()}/datamachine-connections-*"));
        self::assertSame([], $site->search('datamachine_connections'));
    }
}
