<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Native\Release;

/**
 * A migrated site where something is missing or wrong: pages go on and tell it, whatever is saved is refused and lands
 * nowhere; put right again, everything is there.
 *
 * Each is shown under our classes and under Data Machine's own, which have the window alone.
 */
final class FaultsTest extends SiteTestCase
{
    use WithPage;

    /** What is saved through every door, and must be nowhere. */
    private const CANARY = 'canary-of-nobody';
    /** What may be in the option's row: nothing, or a stub. */
    private const NOTHING = '/^(a:1:\{s:23:"datamachine_connections";a:1:\{s:6:"marker";s:32:"[0-9a-f]{32}";\}\})?$/D';

    /**
     * Every way to save or delete a connection, the option's, network or plain, and the classes': which of them say
     * that they did, what Data Machine's log has of the others, and where the class is.
     */
    private const DOORS = '$said = [];
        add_action("datamachine_log", static function ($level, $message, $context) use (&$said): void {
            isset($context["reason"]) && $said[$context["reason"]] = $message;
        }, 10, 3);
        $option = "datamachine_auth_data";
        $account = ["access_token" => "canary-of-" . "nobody"];
        $all = ["reddit" => ["account" => $account]];
        $reddit = apply_filters("datamachine_auth_providers", [])["reddit"];
        // On a network the plain option is each blog\'s own, and none of ours.
        $plain = is_multisite() ? [] : [
            "update_option" => update_option($option, $all),
            "add_option" => add_option($option, $all),
            "delete_option" => delete_option($option),
        ];
        $answers = $plain + [
            "update_site_option" => update_site_option($option, $all),
            "add_site_option" => add_site_option($option, $all),
            "delete_site_option" => delete_site_option($option),
            "save_site_account" => $reddit->save_site_account($account),
            "update_site_account" => $reddit->update_site_account($account),
            "save_account_for_user" => $reddit->save_account_for_user(12, $account),
            "delete_site_account" => $reddit->delete_site_account(),
        ];
        $class = (new ReflectionClass(DataMachine\Core\OAuth\BaseAuthProvider::class))->getFileName();
        return [array_keys(array_filter($answers)), $said, basename(dirname($class))];';

    /** What there is for who asks. */
    private const READ = '$reddit = apply_filters("datamachine_auth_providers", [])["reddit"];
        return [get_site_option("datamachine_auth_data"), $reddit->get_site_account()];';

    /** What is in the store, and how often it was written. */
    private const CONTENT = '$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
        $content = ["writes" => $vault->writes()];
        foreach ($vault->all() as $row) {
            $key = "{$row->provider} {$row->owner} {$row->account}";
            $content[$key] = $vault->members($row->provider, $row->owner, $row->account);
        }
        return $content;';

    /**
     * @return array<string, array{Fault, array<string, mixed>}>
     */
    public static function faults(): array
    {
        $faults = array_map(static fn (Fault $fault): array => [$fault, []], Faults::all());
        foreach (['FFI off', 'a wrong key', 'another server'] as $name) {
            $fault = $faults[$name][0];
            $faults["network, {$name}"] = [$fault, ['kind' => Kind::Network]];
            $faults["object cache, {$name}"] = [$fault, ['objectCache' => true]];
        }
        return $faults;
    }

    /**
     * @dataProvider faults
     *
     * @param array<string, mixed> $settings
     */
    public function testPagesGoOnAndTellItAndNothingIsSaved(Fault $fault, array $settings): void
    {
        $site = $this->whole(self::site(...['workers' => 1] + $settings));
        $before = $site->evaluate(self::CONTENT);
        $fault->take($site);
        try {
            self::assertSame([$fault->state, $fault->code], $this->state($site));
            $this->assertHeld($site, $fault->state, $fault->later ?? $fault->code, $fault->told);
        } finally {
            $fault->back($site);
        }
        $this->assertWhole($site, $before);
    }

    /**
     * What PHP runs still, while another release is installed.
     *
     * @return array<string, array{array<string, string>}>
     */
    public static function running(): array
    {
        return [
            'a worker, the library' => [[]],
            'the preloaded file' => [['ffi' => 'preload', 'preload' => Plugins::PRELOAD]],
        ];
    }

    /**
     * @dataProvider running
     *
     * @param array<string, string> $settings
     */
    public function testAnUpdateUnderARunningPhpAsksForAReload(array $settings): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        $site->restart(...$settings);
        $before = $site->evaluate(self::CONTENT);
        $next = static fn (string $text): string => str_replace(Release::VERSION, Faults::NEXT, $text);
        foreach (Files::below($site->content('plugins/' . dirname(self::PLUGIN))) as $file) {
            $contents = (string) file_get_contents($file);
            $next($contents) === $contents || Files::put($next($file), $next($contents));
        }
        $this->assertHeld($site, 'active', 'reload_required', 'Reload php-fpm');
        $site->restart();
        $this->assertWhole($site, $before);
    }

    /**
     * @group root
     */
    public function testOnAFullDiskAccountsAreReadAndNothingIsSaved(): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        $disk = $site->shrink(self::only($site, 'datamachine-connections-*/store'));
        $before = $site->evaluate(self::CONTENT);
        $disk->fill();
        // By who had the store open by then, and by who opens it now.
        foreach ([false, true] as $anew) {
            $anew && $site->reload();
            self::assertSame(['active', null], $this->state($site));
            foreach ($this->classes($site) as $class) {
                self::assertSame(200, $site->get('/')->status);
                $told = $site->as('admin')->get('/wp-admin/');
                self::assertSame(200, $told->status);
                self::assertStringNotContainsString('cannot be reached', $told->text());
                self::assertSame(self::SECRET, $this->token($site));
                [$passed, $said, $where] = $site->evaluate(self::DOORS);
                self::assertSame([[], ['disk_full'], $class], [$passed, array_keys($said), $where]);
                self::assertStringContainsString('make room and try again', $said['disk_full']);
                self::assertMatchesRegularExpression(self::NOTHING, (string) $site->row('datamachine_auth_data'));
            }
        }
        self::assertSame([], $site->search('canary-of-'));
        $disk->free();
        $this->assertWhole($site, $before);
    }

    /**
     * @group root
     */
    public function testOnAReadOnlyDiskNothingIsReachedAndNothingIsSaved(): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        $disk = $site->shrink(self::only($site, 'datamachine-connections-*/store'));
        $before = $site->evaluate(self::CONTENT);
        $site->halt();
        $disk->protect();
        $site->restart();
        $this->assertHeld($site, 'active', 'read_only', 'that is not to be written to', 'input_output');
        $disk->unprotect();
        $this->assertWhole($site, $before);
    }

    /**
     * @testWith ["single"]
     *           ["network"]
     */
    public function testUnderAnotherAddressAccountsAreReadAndNothingIsSaved(string $kind): void
    {
        $site = $this->whole(self::site(kind: Kind::from($kind), workers: 1));
        $before = $site->evaluate(self::CONTENT);
        $read = $this->read($site);
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'staging.example.org']);
        foreach ($this->classes($site) as $class) {
            self::assertSame(['active', null], $this->state($site));
            self::assertSame(200, $site->get('/')->status);
            $told = $site->as('admin')->get('/wp-admin/');
            self::assertSame(200, $told->status);
            self::assertStringContainsString('its connections belong to example.org.', $told->text());
            self::assertStringContainsString('nothing is saved or deleted', $told->text());
            self::assertSame($read, $this->read($site));
            [$passed, $said, $where] = $site->evaluate(self::DOORS);
            self::assertSame([[], ['cloned_site'], $class], [$passed, array_keys($said), $where]);
            self::assertStringContainsString('Nothing is changed in it from here', $said['cloned_site']);
            self::assertMatchesRegularExpression(self::NOTHING, (string) $site->row('datamachine_auth_data'));
        }
        self::assertSame([], $site->search('canary-of-'));
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => null]);
        $this->assertWhole($site, $before);
        self::assertStringNotContainsString('is a copy', $site->as('admin')->get('/wp-admin/')->text());
    }

    public function testWhereNothingIsWrongEveryDoorIsOpen(): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        foreach ($this->classes($site) as $class) {
            [$passed, $said, $where] = $site->evaluate(self::DOORS);
            self::assertSame([
                'update_option', 'delete_option', 'update_site_option', 'delete_site_option',
                'save_site_account', 'update_site_account', 'save_account_for_user', 'delete_site_account',
            ], $passed);
            self::assertSame([[], $class], [$said, $where]);
            self::assertMatchesRegularExpression(self::NOTHING, (string) $site->row('datamachine_auth_data'));
        }
        $token = self::REDDIT . '->get_account_for_user(12)["access_token"];';
        self::assertSame(self::CANARY, $site->evaluate($token));
    }

    public function testWhereTheGuardDoesNotAllowOursTheWindowRefusesAsWell(): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        $file = $site->content('plugins/data-machine/inc/Core/OAuth/BaseAuthProvider.php');
        $more = 'public function of_tomorrow(): void {} abstract public function is_authenticated';
        $theirs = str_replace('abstract public function is_authenticated', $more, (string) file_get_contents($file));
        Files::put($file, $theirs);
        $dropins = 'return DataMachine\Connections\WordPress\Plugin::dropins()->what;';
        self::assertSame('refused', $site->evaluate($dropins));
        $before = $site->evaluate(self::CONTENT);
        $faults = Faults::all();
        foreach (['FFI off', 'a wrong key'] as $name) {
            $faults[$name]->take($site);
            [$passed, $said, $where] = $site->evaluate(self::DOORS);
            self::assertSame([['delete_site_account'], [$faults[$name]->code]], [$passed, array_keys($said)]);
            self::assertSame(['OAuth', 'refused'], [$where, $site->evaluate($dropins)]);
            self::assertSame(200, $site->get('/')->status);
            self::assertSame([], $site->search('canary-of-'));
            $faults[$name]->back($site);
        }
        $this->assertWhole($site, $before);
    }

    /**
     * WordPress asks nobody about a plain option that has no row: one has to be there, whatever was refused before.
     */
    public function testWhatWasRefusedIsDoneOncePutRight(): void
    {
        $site = $this->whole($this->ownSite(workers: 1));
        foreach (['false', 'true'] as $ffi) {
            $site->restart(ffi: $ffi);
            self::assertSame($ffi === 'true', $site->evaluate('return delete_option("datamachine_auth_data");'));
        }
        self::assertSame([], $site->evaluate('return get_option("datamachine_auth_data");'));
    }

    /**
     * Nobody reaches anything, everybody goes on, and who looks after the site is told.
     *
     * @param string|null $logged the reason in Data Machine's log, where that is not the code
     */
    private function assertHeld(Site $site, string $state, string $code, string $told, ?string $logged = null): void
    {
        foreach ($this->classes($site) as $class) {
            self::assertSame([$state, $code], $this->state($site));
            self::assertSame(200, $site->get('/')->status);
            $admin = $site->as('admin')->get('/wp-admin/');
            self::assertSame(200, $admin->status);
            self::assertStringContainsString('cannot be reached', $admin->text());
            self::assertStringContainsString($told, $admin->text());
            self::assertSame([[], null], $site->evaluate(self::READ));
            [$passed, $said, $where] = $site->evaluate(self::DOORS);
            // Data Machine's own class finds no account there, and takes it for deleted.
            self::assertSame($where === 'dropin' ? [] : ['delete_site_account'], $passed);
            self::assertSame([$logged ?? $code], array_keys($said));
            // Of a site without its anchor nobody knows whether ours may stand in.
            self::assertSame($code === 'anchor_damaged' ? 'OAuth' : $class, $where);
            self::assertMatchesRegularExpression(self::NOTHING, (string) $site->row('datamachine_auth_data'));
        }
        self::assertSame([], $site->search('canary-of-'));
        self::assertStringContainsString('cannot be reached', $this->page($site)->text());
        self::assertStringNotContainsString('cannot be reached', $site->as('ada')->get('/wp-admin/')->text());
        $site->logs->take();
    }

    /**
     * Put right again: no row was changed, and what was saved is nowhere.
     *
     * @param array<string, mixed> $before
     */
    private function assertWhole(Site $site, array $before): void
    {
        self::assertSame(['active', null], $this->state($site));
        self::assertEquals($before, $site->evaluate(self::CONTENT));
        self::assertSame(self::SECRET, $this->token($site));
        self::assertStringNotContainsString('cannot be reached', $site->as('admin')->get('/wp-admin/')->text());
    }

    /**
     * What there is, without what is sealed anew for each who reads.
     *
     * @return array{list<string>, array<string, mixed>}
     */
    private function read(Site $site): array
    {
        [$option, $account] = $site->evaluate(self::READ);
        return [array_keys($option), $account];
    }

    /** Moved, with a stub in the option's row, and an account whose token is searched for. */
    private function whole(Site $site): Site
    {
        if (!self::hasAnchor($site)) {
            $this->move($this->withOption($site));
            $token = ['access_token' => self::SECRET];
            self::assertTrue($site->evaluate(self::REDDIT . '->update_site_account($arguments);', $token));
        }
        return $site;
    }

    /**
     * First ours stand in, then Data Machine's own are loaded too early for that, see Dropins::load().
     *
     * @return \Generator<string> the directory of the class
     */
    private function classes(Site $site): \Generator
    {
        yield 'dropin';
        $file = $site->content('mu-plugins/early.php');
        $class = '/plugins/data-machine/inc/Core/OAuth/BaseAuthProvider.php';
        file_put_contents($file, "<?php require WP_CONTENT_DIR . '{$class}';");
        try {
            yield 'OAuth';
        } finally {
            unlink($file);
        }
    }
}
