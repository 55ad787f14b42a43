<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * In which state the plug-in is, and what it says: before a migration, after one, and where something is missing.
 */
final class PluginTest extends SiteTestCase
{
    use WithPlugin;

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
    public function testActivationMakesAnEmptyStoreAndMovesNothing(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind);
        $before = Files::below($site->home());
        $this->install($site);
        self::assertTrue($site->plugins->isActive(self::PLUGIN));
        self::assertSame(['inert', null], $this->state($site));
        $made = array_diff(Files::below($site->home()), $before);
        $elsewhere = preg_grep('~/(plugins|uploads|upgrade)/~', $made, PREG_GREP_INVERT);
        self::assertSame([], preg_grep('~/home/datamachine-connections-~', $elsewhere ?: [], PREG_GREP_INVERT));
        self::assertCount(1, preg_grep('~/store/connections\.sqlite$~', $elsewhere ?: []) ?: []);
        self::assertContains($site->row('datamachine_connections'), [null, 'a:0:{}']);
        self::assertNull($site->row('datamachine_auth_data'));
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
        Files::again($store);
        self::assertSame(self::SECRET, $this->token($site));
        $site->as('admin')->get('/wp-admin/');
        self::assertSame(fileinode($store), $anchor()['inode']);
        // Both.
        Files::again($store);
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
}
