<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\OldRules;

/**
 * The plug-in goes, and leaves nothing of its own: after a rollback, and where the connections are to be destroyed.
 */
final class UninstallTest extends SiteTestCase
{
    use WithPage;

    private const TABLES = [
        'wp_options' => 'option_name',
        'wp_2_options' => 'option_name',
        'wp_sitemeta' => 'meta_key',
        'wp_usermeta' => 'meta_key',
    ];
    /** What WordPress keeps of any plug-in that was active, and of its own. */
    private const WORDPRESS = '/ (recently_activated|_(site_)?transient_.*|wp_.*|dismissed_wp_pointers|cron)$/';

    /**
     * @return array<string, array{Kind, string}>
     */
    public static function ends(): array
    {
        return [
            'one site, rolled back' => [Kind::Single, 'roll_back'],
            'one site, destroyed' => [Kind::Single, 'destroy'],
            'network, rolled back' => [Kind::Network, 'roll_back'],
            'network, destroyed' => [Kind::Network, 'destroy'],
        ];
    }

    /**
     * @dataProvider ends
     */
    public function testNothingIsLeft(Kind $kind, string $end): void
    {
        $site = $this->ownSite(kind: $kind);
        $site->plugins->dataMachine();
        $site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
        $site->as('admin')->get('/wp-admin/');
        $before = self::traces($site);

        $this->used($site);
        self::assertNotSame([], preg_grep('/datamachine.connections/', self::traces($site)));
        $site->plugins->deactivate(self::PLUGIN);
        self::assertStringContainsString('was not deleted', $site->plugins->uninstall(self::PLUGIN)->text());
        self::assertFileExists($site->content('plugins/' . self::PLUGIN));
        $site->plugins->activate(self::PLUGIN);
        $page = $this->page($site, $end === 'roll_back' ? '&step=roll-back' : '');
        $this->press($site, $page, $end, ['confirmation' => 'example.org']);
        $site->plugins->deactivate(self::PLUGIN);
        $site->plugins->uninstall(self::PLUGIN);

        self::assertFileDoesNotExist($site->content('plugins/' . self::PLUGIN));
        self::assertSame([], array_values(array_diff(self::traces($site), $before)));
        self::assertSame([], $site->database->search('datamachine_connections'));
        self::assertSame([], glob("{$site->home()}/datamachine-connections-*"));
        self::assertSame(200, $site->get('/')->status);
        $option = unserialize($site->row('datamachine_auth_data') ?? serialize([]), ['allowed_classes' => false]);
        $was = unserialize(Fixtures::serialized('mixed'), ['allowed_classes' => false]);
        $opened = static fn (array $option): array => OldRules::read($option, Fixtures::salt());
        self::assertEquals($end === 'roll_back' ? $opened($was) : [], $opened($option));
        $site->logs->take();
    }

    /** Moved by the page, and then everything that leaves something. */
    private function used(Site $site): void
    {
        $site->plugins->connections();
        $page = $this->page($site);
        foreach (['migrate', 'mode'] as $action) {
            $page = $this->press($site, $page, $action);
        }
        $site->as('admin')->get('/wp-admin/');
        $site->evaluate('DataMachine\Connections\WordPress\Cron::run();');
        $store = self::only($site, 'datamachine-connections-*/store');
        rename($store, "{$store}.away");
        $site->evaluate('do_action("datamachine_agent_deleted", 7, "seven");');
        rename("{$store}.away", $store);
        self::assertNotNull($site->row('datamachine_connections_pending'));
        self::assertNotNull($site->row('datamachine_connections_heads'));
        // Said on the page once it is opened, and nobody opens it.
        $form = $this->page($site)->form(self::FIELD, 'mode');
        $site->as('admin')->post($this->path($site), $form->fields);
    }

    /**
     * Tables, names of rows, hooks of cron and files, but for what WordPress itself keeps.
     *
     * @return list<string>
     */
    private static function traces(Site $site): array
    {
        $tables = $site->database->tables();
        $traces = [...$tables, ...Files::below($site->home())];
        foreach (array_intersect_key(self::TABLES, array_flip($tables)) as $table => $column) {
            foreach ($site->database->query("SELECT {$column} FROM {$table}") as $row) {
                $traces[] = "{$table}: {$row[$column]}";
            }
        }
        foreach (array_intersect(['wp_options', 'wp_2_options'], $tables) as $table) {
            $cron = $site->database->query("SELECT option_value FROM {$table} WHERE option_name = 'cron'");
            foreach (array_filter((array) @unserialize($cron[0]['option_value'] ?? ''), is_array(...)) as $events) {
                array_push($traces, ...array_map(static fn ($hook) => "{$table}, cron: {$hook}", array_keys($events)));
            }
        }
        return array_values(preg_grep(self::WORDPRESS, $traces, PREG_GREP_INVERT) ?: []);
    }
}
