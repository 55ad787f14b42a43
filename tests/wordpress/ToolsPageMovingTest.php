<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Connections are moved by the buttons of the page Tools → Connections, and copied, and moved back.
 */
final class ToolsPageMovingTest extends SiteTestCase
{
    use WithPage;

    /**
     * @return array<string, array{Kind}>
     */
    public static function kinds(): array
    {
        return ['one site' => [Kind::Single], 'network' => [Kind::Network]];
    }

    public function testWhatStrayedIntoTheOptionIsTakenOverByLooking(): void
    {
        $site = $this->migratedByThePage($this->ownSite());
        $site->setRow('datamachine_auth_data', serialize(['mastodon' => ['account' => ['access_token' => 'strayed']]]));
        $page = $this->page($site);
        self::assertStringContainsString('mastodon/account', self::said($page));
        self::assertSame([], $site->search('strayed'));
        self::assertSame('', self::said($this->page($site)));
    }

    /**
     * Two tabs, or an impatient person: who comes last finds the store in charge, and does not empty it.
     */
    public function testOfTwoWhoMoveAtOnceOneIsLate(): void
    {
        $site = $this->withOption($this->ownSite());
        $said = $site->evaluate('use DataMachine\Connections\WordPress\Migration\Migration;
            [$one, $other] = [Migration::prepare(), Migration::prepare()];
            $one->run(60.0, "user:1");
            try {
                $other->run(60.0, "user:1");
            } catch (DataMachine\Connections\Dropin\Refusal $refused) {
                return $refused->reason;
            }');
        self::assertSame('migrated_before', $said);
        self::assertSame(32, $site->evaluate(
            'return DataMachine\Connections\WordPress\Plugin::store()->vault()->info()->connections;'
        ));
    }

    /**
     * The database is older than the move: what it says of it, and of the activation.
     *
     * @return array<string, array{Kind, bool}>
     */
    public static function databases(): array
    {
        return [
            'from before the activation' => [Kind::Single, false],
            'from after it' => [Kind::Single, true],
            'a network, from after it' => [Kind::Network, true],
        ];
    }

    /**
     * @dataProvider databases
     */
    public function testAStoreOfWhichAnEarlierDatabaseKnowsNothingGoesOn(Kind $kind, bool $prepared): void
    {
        $site = $this->withOption($this->ownSite(kind: $kind));
        $names = ['datamachine_auth_data', 'datamachine_connections', 'datamachine_connections_migration'];
        $then = array_combine($names, array_map($site->row(...), $names));
        self::assertNotContains('resume', self::actions($this->page($site)));
        $this->move($site);
        $renewed = ['access_token' => 'renewed-since'];
        self::assertTrue($site->evaluate(self::REDDIT . '->update_site_account($arguments);', $renewed));

        foreach ($then as $name => $value) {
            $site->setRow($name, $prepared || $name === $names[0] ? $value : null);
        }
        self::assertSame(['inert', null], $this->state($site));
        $new = 'return DataMachine\Played::provider("tumblr")->save_account_for_user(3, $arguments);';
        self::assertTrue($site->evaluate($new, ['access_token' => 'connected-' . 'meanwhile']));
        $page = $this->page($site);
        self::assertStringContainsString('of which this database knows nothing', $page->text());
        $page = $this->press($site, $page, 'resume');
        self::assertStringContainsString('in charge again', self::said($page));
        self::assertSame(['active', null], $this->state($site));
        self::assertSame('renewed-since', $this->token($site));
        self::assertSame('connected-meanwhile', $site->evaluate(
            'return DataMachine\Played::provider("tumblr")->get_account_for_user(3)["access_token"];'
        ));
        self::assertSame([], $site->search('connected-meanwhile'));
        self::assertNotContains('resume', self::actions($this->page($site)));
    }

    /**
     * Where the process is killed: the hook, and how many times it fired by then.
     *
     * @return array<string, array{string, int}>
     */
    public static function kills(): array
    {
        return [
            'begun' => ['update_option_datamachine_connections_migration', 1],
            'after two slices' => ['update_option_datamachine_connections_migration', 3],
            'the anchor is written' => ['update_option_datamachine_connections', 1],
            'the option is emptied' => ['update_option_datamachine_auth_data', 1],
        ];
    }

    /**
     * @dataProvider kills
     */
    public function testAKillInBetweenDoesNoHarm(string $hook, int $times): void
    {
        $site = $this->ownSite();
        $this->install($site);
        $option = self::manyAccounts(700);
        $site->setRow('datamachine_auth_data', $option);
        $page = $this->page($site);
        $this->kill($site, 'add_action($arguments["hook"], static function () use ($arguments): void {
                static $times = 0;
                ++$times === $arguments["times"] && posix_kill(getmypid(), 9);
            });
            DataMachine\Connections\WordPress\Migration\Migration::prepare()->run(60.0, "user:1");', [
            'hook' => $hook,
            'times' => $times,
        ]);
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame($option, $site->row('datamachine_auth_data'));

        $page = $this->page($site);
        self::assertSame(['migrate'], self::actions($page));
        $page = $this->press($site, $page, 'migrate');
        self::assertStringContainsString('The connections are moved', self::said($page));
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(700, $site->evaluate(
            'return DataMachine\Connections\WordPress\Plugin::store()->vault()->info()->connections;'
        ));
    }

    /**
     * @dataProvider kinds
     */
    public function testMovingInSlicesAndBack(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind);
        $this->migratedByThePage($site, 5000, ['max_execution_time' => '1']);
        self::assertSame(['active', null], $this->state($site));
        self::assertSame([], $site->search('secret-of-'));
        $page = $this->page($site);
        self::assertStringContainsString('What is connected', $page->text());

        $page = $this->page($site, '&step=roll-back');
        self::assertStringContainsString('Nothing would be left out', $page->text());
        $page = $this->press($site, $page, 'roll_back');
        self::assertStringContainsString('Rolled back', self::said($page));
        self::assertSame(['inert', null], $this->state($site));
        self::assertFalse(self::hasAnchor($site));
        $option = unserialize((string) $site->row('datamachine_auth_data'));
        self::assertCount(5000, $option['reddit']['principals']);

        // And forth once more, with the store of before.
        self::assertSame(['prepare'], self::actions($page));
        $page = $this->press($site, $page, 'prepare');
        self::assertStringContainsString('Already in the store, and the same: 5000', $page->text());
        for ($times = 0; in_array('migrate', self::actions($page), true); $times++) {
            self::assertLessThan(200, $times);
            $page = $this->press($site, $page, 'migrate');
        }
        self::assertSame(['active', null], $this->state($site));
    }

    public function testACopyOfTheStoreIsDownloadedAndNothingLeft(): void
    {
        $site = $this->migratedByThePage($this->ownSite());
        $page = $this->page($site);
        $form = $page->form(self::FIELD, 'backup');
        $before = Files::below(self::only($site, 'datamachine-connections-*'));
        // As a process leaves it that is killed.
        $left = self::only($site, 'datamachine-connections-*/store') . '/connections.sqlite-backup-0';
        touch($left, time() - 7200);
        $copy = $site->as('admin')->post($this->path($site), $form->fields);
        self::assertSame(200, $copy->status);
        self::assertStringStartsWith('SQLite format 3', $copy->body);
        self::assertSame((string) strlen($copy->body), $copy->header('content-length'));
        $named = (string) $copy->header('content-disposition');
        self::assertStringStartsWith('attachment; filename="connections-example.org-', $named);
        self::assertStringContainsString('no-cache', (string) $copy->header('cache-control'));
        $key = trim((string) file_get_contents(self::only($site, 'datamachine-connections-*/key/primary.key')));
        self::assertStringNotContainsString($key, $copy->body);
        self::assertStringNotContainsString((string) base64_decode($key), $copy->body);
        self::assertSame($before, Files::below(self::only($site, 'datamachine-connections-*')));

        // It is a store: put back after a loss, all is there.
        $store = self::only($site, 'datamachine-connections-*/store/connections.sqlite');
        self::putBack($store, $copy->body);
        self::assertSame(['active', null], $this->state($site));
        self::assertSame('secret-of-1', $site->evaluate(self::REDDIT . '->get_account_for_user(1)["access_token"];'));
    }

    /**
     * By the page's buttons.
     *
     * @param array<string, string> $ini for that time, where there have to be several slices
     */
    private function migratedByThePage(Site $site, int $accounts = 10, array $ini = []): Site
    {
        $this->install($site);
        $site->setRow('datamachine_auth_data', self::manyAccounts($accounts));
        if ($ini !== []) {
            $site->restart(ini: $ini);
        }
        $page = $this->page($site);
        $seen = [];
        for ($times = 0; in_array('migrate', self::actions($page), true); $times++) {
            self::assertLessThan(200, $times);
            $page = $this->press($site, $page, 'migrate');
            foreach ($page->find('//progress') as $bar) {
                self::assertSame((string) $accounts, $bar->getAttribute('max'));
                $seen[] = (int) $bar->getAttribute('value');
            }
        }
        if ($ini !== []) {
            self::assertNotSame([], $seen);
            self::assertSame(array_unique($seen), $seen);
            $site->restart(ini: []);
        }
        self::assertStringContainsString('The connections are moved', self::said($page));
        self::assertStringContainsString("Accounts: {$accounts}, app configurations: 0.", self::said($page));
        return $site;
    }

    /** An option as the database holds it. */
    private static function manyAccounts(int $accounts): string
    {
        $principals = [];
        for ($user = 1; $user <= $accounts; $user++) {
            $account = ['access_token' => "secret-of-{$user}", 'username' => "u{$user}"];
            $principals["user:{$user}"] = ['account' => $account];
        }
        return serialize(['reddit' => ['principals' => $principals]]);
    }
}
