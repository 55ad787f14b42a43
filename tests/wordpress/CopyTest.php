<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A copy of a site, on the same server: its database names the site's very store, and the site must not notice.
 */
final class CopyTest extends SiteTestCase
{
    use WithPlugin;

    private const COPY = ['DATAMACHINE_CONNECTIONS_SITE' => 'staging.example.org'];
    private const NONE = ['DATAMACHINE_CONNECTIONS_SITE' => null];
    private const VAULT = '$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();';

    public function testWhoIsDeletedThereIsNotDeletedHere(): void
    {
        $site = $this->migrated($this->ownSite());
        $user = $site->evaluate('return wp_insert_user(["user_login" => "eve", "user_pass" => "-"]);');
        $save = '$vault->save("reddit", "user:{$arguments[0]}", ["access_token" => "t"]);';
        $site->evaluate(self::VAULT . $save, [$user]);
        $before = $this->writes($site);
        $site->define(self::COPY);
        $delete = 'require_once ABSPATH . "wp-admin/includes/admin.php"; wp_delete_user($arguments[0]);';
        $site->evaluate($delete, [$user]);
        self::assertStringContainsString('cloned_site', implode("\n", $site->logs->take()));
        $site->evaluate('do_action("datamachine_connections_hourly");');
        self::assertSame([], $site->logs->take());
        $site->define(self::NONE);
        self::assertSame($before, $this->writes($site));
        // Where the copy is the site by now, it is done.
        $site->define(self::COPY);
        $site->evaluate(self::VAULT . '$vault->adopt();');
        $site->evaluate('do_action("datamachine_connections_hourly");');
        $owners = self::VAULT . 'return array_column(iterator_to_array($vault->all(), false), "owner");';
        self::assertSame(['site:0'], $site->evaluate($owners));
    }

    public function testItTakesNoEventFromTheSite(): void
    {
        $site = $this->migrated($this->ownSite());
        $heard = '$heard = []; add_action("datamachine_connections_event", function ($event) use (&$heard) {
                $heard[] = $event->name->value;
            });
            do_action("datamachine_connections_hourly"); return $heard;';
        $site->evaluate($heard);
        $site->evaluate(self::VAULT . 'use DataMachine\Connections\RevocationAnswer;
            $vault->disconnect("reddit", "site:0", static fn () => RevocationAnswer::unsupported());');
        $site->define(self::COPY);
        self::assertSame([], $site->evaluate($heard));
        $site->define(self::NONE);
        self::assertSame(['revoked'], $site->evaluate($heard));
    }

    /**
     * Who copies a database replaces the site's address in it, in serialised values too.
     */
    public function testUninstallingItLeavesTheStoreAlone(): void
    {
        $site = $this->migrated($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'example.net']);
        $anchor = str_replace('example.org', 'example.net', (string) $site->row('datamachine_connections'));
        self::assertStringContainsString('example.net', $anchor);
        $site->setRow('datamachine_connections', $anchor);
        $site->evaluate('use DataMachine\Connections\WordPress\Uninstallation;
            Uninstallation::consent(); Uninstallation::run();');
        self::assertNull($site->row('datamachine_connections'));
        self::assertFileExists(self::only($site, 'datamachine-connections-*/store/connections.sqlite'));
        self::assertFileExists(self::only($site, 'datamachine-connections-*/key/primary.key'));
    }

    public function testRolledBackItMovesIntoAStoreOfItsOwn(): void
    {
        $site = $this->migrated($this->ownSite());
        $before = $this->writes($site);
        $store = self::only($site, 'datamachine-connections-*/store/connections.sqlite');
        $site->define(self::COPY + ['DATAMACHINE_CONNECTIONS_PATH' => dirname($store, 2)]);
        $site->evaluate('use DataMachine\Connections\WordPress\{Plugin, Migration\Rollback};
            (new Rollback(Plugin::store()->vault(), Plugin::state()->anchor()))->run(false);');
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        $site->evaluate('delete_site_option("datamachine_auth_data");');
        // A copy of the files lies elsewhere, so its place is another one by itself.
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => "{$site->home()}/of-the-copy"]);
        $this->move($site);
        self::assertSame(['active', null], $this->state($site));
        self::assertTrue($site->evaluate(self::REDDIT . '->save_site_account(["access_token" => "the-copy-s"]);'));
        self::assertSame('the-copy-s', $this->token($site));
        self::assertFileExists("{$site->home()}/of-the-copy/store/connections.sqlite");
        $writes = $site->evaluate('use DataMachine\Connections\{Options, Vault};
            return Vault::open(new Options($arguments[0], "example.org", keyFile: $arguments[1]))->writes();', [
            dirname($store), dirname($store, 2) . '/key/primary.key',
        ]);
        self::assertSame($before, $writes);
    }

    private function writes(Site $site): int
    {
        return $site->evaluate(self::VAULT . 'return $vault->writes();');
    }
}
