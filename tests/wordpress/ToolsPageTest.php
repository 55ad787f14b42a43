<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * The page Tools → Connections in each state, with what its buttons do.
 */
final class ToolsPageTest extends SiteTestCase
{
    use WithPage;

    private const HTML = '<b onclick="x()">"';
    /** Somebody's name, which ends an attribute that it is put into as it is. */
    private const NAME = 'Ada" onclick="x()';

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
    public function testActivationLeadsToThePageAndThatToTheDryRun(Kind $kind): void
    {
        $site = $this->ownSite(kind: $kind);
        $site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
        $site->plugins->dataMachine();
        $site->plugins->upload(self::ZIP);
        $page = $site->plugins->activate(self::PLUGIN);
        self::assertSame(['migrate'], self::actions($page));
        $text = $page->text();
        self::assertStringContainsString('Nothing has been moved', $text);
        self::assertStringContainsString("{$site->home()}/datamachine-connections-", $text);
        self::assertStringContainsString('Accounts: 32 ', $text);
        self::assertStringContainsString('that become grants: 2 of 2', $text);
        self::assertStringContainsString('gone_provider', $text);
        self::assertStringContainsString('reddit › principals › user:66 › account', $text);
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame(Fixtures::serialized('mixed'), $site->row('datamachine_auth_data'));
        self::assertFileExists(self::only($site, 'datamachine-connections-*/store/connections.sqlite'));
    }

    /**
     * @dataProvider kinds
     */
    public function testWhoMayNotManageItNeitherSeesNorDoes(Kind $kind): void
    {
        $site = $this->filled(self::site(kind: $kind));
        $path = $this->path($site);
        $nonce = $this->page($site)->form(self::FIELD, 'mode')->fields['_wpnonce'];
        $before = $site->row('datamachine_connections');
        $fields = [self::FIELD => 'mode', '_wpnonce' => $nonce, 'mode' => 'enforce'];
        foreach (['ada', 'bob'] as $name) {
            self::assertSame(403, $site->as($name)->get($path)->status);
            self::assertSame(403, $site->as($name)->post($path, $fields)->status);
        }
        self::assertSame(302, $site->visitor()->post($path, $fields)->status);
        foreach (['', 'wrong', $this->page($site)->form(self::FIELD, 'backup')->fields['_wpnonce']] as $other) {
            $answer = $site->as('admin')->post($path, ['_wpnonce' => $other] + $fields);
            self::assertSame(403, $answer->status);
        }
        self::assertSame($before, $site->row('datamachine_connections'));
        self::assertSame(403, $site->as('admin')->post($path, [self::FIELD => 'nothing'] + $fields)->status);
    }

    public function testOnANetworkItIsNoBlogsPage(): void
    {
        $site = $this->filled(self::site(kind: Kind::Network));
        foreach (['/wp-admin/', '/second/wp-admin/'] as $blog) {
            $path = "{$blog}tools.php?page=datamachine-connections";
            self::assertSame(403, $site->as('admin')->get($path)->status);
        }
    }

    public function testWhatIsMissingIsToldAndNothingOffered(): void
    {
        $site = $this->withOption($this->ownSite(ffi: 'preload'));
        $page = $this->page($site);
        self::assertSame([], self::actions($page));
        self::assertStringContainsString('opcache.preload=' . $site->content(), $page->text());
        self::assertSame([], glob("{$site->home()}/datamachine-connections-*"));
        $site->restart(ffi: 'preload', preload: 'data-machine-connections/php/preload.php');
        $page = $this->page($site);
        self::assertSame(['prepare'], self::actions($page));
        $page = $this->press($site, $page, 'prepare');
        self::assertStringContainsString('nothing was moved yet', self::said($page));
        self::assertSame(['migrate'], self::actions($page));
        self::assertSame('', self::said($this->page($site)));
    }

    public function testAnEmptyStoreIsMadeAnewWhereTheKeyOrThePlaceChanged(): void
    {
        $site = $this->withOption($this->ownSite());
        $this->page($site);
        $first = self::only($site, 'datamachine-connections-*');
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => base64_encode(str_repeat('k', 32))]);
        $page = $this->page($site);
        self::assertSame(['elsewhere'], self::actions($page));
        self::assertSame(['migrate'], self::actions($this->press($site, $page, 'elsewhere')));
        self::assertFileDoesNotExist("{$first}/key/primary.key");

        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => "{$site->home()}/other"]);
        $page = $this->press($site, $this->page($site), 'elsewhere');
        self::assertSame(['migrate'], self::actions($page));
        self::assertDirectoryDoesNotExist($first);
        self::assertFileExists("{$site->home()}/other/store/connections.sqlite");

        // One with something in it stays.
        $site->evaluate('use DataMachine\Connections\WordPress\{Place, Store};
            Store::make(Place::propose())->vault()->save("reddit", "site:0", ["access_token" => "x"]);');
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => null]);
        $page = $this->press($site, $this->page($site), 'elsewhere');
        self::assertStringContainsString('was not deleted', self::said($page));
        self::assertFileExists("{$site->home()}/other/store/connections.sqlite");
        self::assertCount(1, $site->logs->take());
    }

    public function testWhatOthersWroteIsNoHtml(): void
    {
        $site = $this->withOption($this->ownSite());
        $site->evaluate('wp_update_user(["ID" => 12, "display_name" => "Ada"]);
            $GLOBALS["wpdb"]->update($GLOBALS["wpdb"]->users, ["display_name" => $arguments[0]], ["ID" => 12]);
            clean_user_cache(12);', [self::HTML]);
        $token = ['access_token' => 'nothing'];
        $option = [self::HTML => ['account' => $token], 'reddit' => [
            'accounts' => [self::HTML => $token],
            'principals' => ['user:12' => ['account' => $token, self::HTML => 1]],
        ]];
        $site->setRow('datamachine_auth_data', serialize($option));
        $page = $this->page($site);
        self::assertStringNotContainsString(self::HTML, $page->body);
        self::assertStringContainsString(htmlspecialchars(self::HTML), $page->body);
        self::assertSame([], $page->find('//b[@onclick]'));
    }

    public function testAProposalIsAcceptedOrDismissedAndAGrantRevoked(): void
    {
        $site = $this->filled($this->ownSite());
        self::assertSame(0, count($this->page($site)->find("//form[.//input[@value='accept']]")));
        $site->evaluate('use DataMachine\Connections\{ActingRequest, Mode, RunContext};
            $GLOBALS["wpdb"]->update($GLOBALS["wpdb"]->users, ["display_name" => $arguments[0]], ["ID" => 12]);
            $chat = ActingRequest::byAgent(7)->asking(12)->in(RunContext::Chat)->inSession("s")->withoutFlow()
                ->mayEverything()->manages();
            $access = DataMachine\Connections\WordPress\Plugin::store()->vault()->access();
            foreach (["reddit" => "user:2", "instagram" => "site:0"] as $provider => $owner) {
                $access->admit($chat, $provider, ["owner" => $owner], Mode::Observe);
            }', [self::NAME]);
        $page = $this->page($site);
        self::assertStringContainsString('Agent 7 may use every account: instagram of the site', $page->text());
        self::assertStringContainsString('on behalf of ' . self::NAME . ' (user 12)', $page->text());
        self::assertSame([], $page->find('//form//*[@onclick]'));
        self::assertCount(2, $page->find("//button[contains(@aria-label, 'Accept') and contains(@aria-label, 'Ada')]"));
        $before = $this->grants($site);
        $page = $this->press($site, $page, 'accept');
        self::assertStringContainsString('Granted: Agent 7 may use', self::said($page));
        $given = array_values(array_diff_key($this->grants($site), $before));
        self::assertSame([['agent:7', 'observed', 'user:1']], $given);
        $page = $this->press($site, $page, 'dismiss');
        self::assertNotContains('accept', self::actions($page));
        self::assertCount(count($before) + 1, $this->grants($site));

        $revoke = static fn (Response $page): int => count($page->find("//input[@value='revoke']"));
        $all = $revoke($page);
        $page = $this->press($site, $page, 'revoke');
        self::assertStringContainsString('taken back', self::said($page));
        self::assertSame($all - 1, $revoke($page));
        self::assertCount(count($before), $this->grants($site));
    }

    public function testGrantsThatSomethingElseChangedAreAllTakenBack(): void
    {
        $site = $this->filled($this->ownSite());
        $before = count($this->grants($site));
        $database = new \SQLite3(self::only($site, 'datamachine-connections-*/store/connections.sqlite'));
        $database->exec("UPDATE grants SET expires_at = NULL, uses_left = 99 WHERE agent = 'agent:5'");
        self::assertGreaterThan(0, $database->changes());
        $database->close();
        $page = $this->page($site);
        self::assertContains('revoke_all', self::actions($page));
        while (in_array('revoke_all', self::actions($page), true)) {
            $page = $this->press($site, $page, 'revoke_all');
            self::assertStringContainsString('has no grant of', self::said($page));
        }
        self::assertLessThan($before, count($this->grants($site)));
    }

    /**
     * Meta, say, renews nothing that has run out; and a class may say that it cannot.
     */
    public function testWhoseAccessRanOutForGoodIsToldToConnectAgain(): void
    {
        $site = $this->migrated($this->ownSite());
        $site->evaluate('$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
            $past = ["expires_at" => 1000000000];
            $vault->save("instagram", "site:0", ["access_token" => "x"], options: $past);
            $vault->save("instagram", "user:1", ["access_token" => "x"], options: ["expires_at" => time() + 86400]);
            $vault->save("x", "site:0", ["access_token" => "x", "refresh_token" => "x"], options: $past);
            $vault->save("x", "user:1", ["access_token" => "x"], options: $past);
            $vault->save("pinterest", "site:0", ["access_token" => "x", "refresh_token" => "x"], options: $past);
            $pinterest = $vault->find(["provider" => "pinterest"])->rows[0];
            $vault->refresh($pinterest, static fn () => DataMachine\Connections\RefreshFailure::unsupported());');
        $page = $this->page($site);
        $text = static fn (string $path): array => array_map(
            static fn (\DOMNode $node): string => trim($node->textContent),
            $page->find($path)
        );
        $how = static fn (string $name): array => $text("//tr[th[.='{$name}']]/td[2]");
        self::assertSame(['in use: 1; run out, has to be connected again: 1'], $how('Instagram'));
        self::assertSame(['run out, to be renewed: 1; run out, has to be connected again: 1'], $how('X'));
        self::assertSame(['run out, has to be connected again: 1'], $how('Pinterest'));
        $again = 'Connect the account again in Data Machine.';
        $rows = "//tr[td[3][.='{$again}']]";
        self::assertEqualsCanonicalizing([
            'run out, has to be connected again (too_late)',
            'run out, has to be connected again (nothing_to_spend)',
            'run out, has to be connected again (not_supported)',
        ], $text("{$rows}/td[1]"));
        self::assertStringContainsString('2001', $text("{$rows}/td[2]")[0]);
        self::assertCount(3, $text("{$rows}/th"));
    }

    public function testTheModeIsSwitched(): void
    {
        $site = $this->filled($this->ownSite());
        $mode = static fn (): string => unserialize((string) $site->row('datamachine_connections'))['mode'];
        self::assertSame('observe', $mode());
        // It is advised once the list was empty for a time.
        $advised = fn (): array => $this->page($site)->find("//button[contains(@class, 'primary')][.='Enforce']");
        self::assertCount(0, $advised());
        $anchor = unserialize((string) $site->row('datamachine_connections'));
        $site->setRow('datamachine_connections', serialize(['migrated_at' => time() - 5 * 86400] + $anchor));
        self::assertCount(1, $advised());
        $page = $this->press($site, $this->page($site), 'mode');
        self::assertSame('enforce', $mode());
        self::assertSame('DataMachine\Connections\Mode', $site->evaluate(
            'return DataMachine\Connections\Dropin\Runtime::mode() === DataMachine\Connections\Mode::Enforce
                ? DataMachine\Connections\Mode::class : null;'
        ));
        $this->press($site, $page, 'mode');
        self::assertSame('observe', $mode());
    }

    /**
     * @dataProvider kinds
     */
    public function testACopyIsAdopted(Kind $kind): void
    {
        $site = $this->filled($this->ownSite(kind: $kind));
        self::assertNotContains('adopt', self::actions($this->page($site)));
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'https://staging.example.org/']);
        $page = $this->page($site);
        self::assertStringContainsString('belong to example.org, and this site is staging.example.org', $page->text());
        $back = $this->page($site, '&step=roll-back');
        self::assertStringContainsString('nothing keeps it from renewing', $back->text());
        $page = $this->press($site, $page, 'adopt');
        self::assertStringContainsString('belong to staging.example.org now', self::said($page));
        self::assertNotContains('adopt', self::actions($page));
        self::assertStringContainsString('staging.example.org', (string) $site->row('datamachine_connections'));
    }

    public function testAnotherServerTakesOver(): void
    {
        $site = $this->filled($this->ownSite());
        $anchor = ['host' => 'web-1', 'inode' => 7] + unserialize((string) $site->row('datamachine_connections'));
        $site->setRow('datamachine_connections', serialize($anchor));
        self::assertSame(['held', 'other_server'], $this->state($site));
        $page = $this->page($site);
        self::assertSame(['this_server', 'destroy'], self::actions($page));
        $page = $this->press($site, $page, 'this_server');
        self::assertSame(['active', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        self::assertContains('backup', self::actions($page));
    }

    public function testWhatWasPutBackIsAccepted(): void
    {
        $site = $this->filled($this->ownSite());
        $store = self::only($site, 'datamachine-connections-*/store/connections.sqlite');
        $earlier = (string) file_get_contents($store);
        $site->evaluate('DataMachine\Connections\WordPress\Plugin::store()->vault()
            ->save("reddit", "user:12", ["access_token" => "later"]);' . self::KEEP_HEADS);
        self::assertNotContains('put_back', self::actions($this->page($site)));
        self::putBack($store, $earlier);
        $page = $this->page($site);
        self::assertStringContainsString('The store is an earlier one', $page->text());
        $page = $this->press($site, $page, 'put_back');
        self::assertNotContains('put_back', self::actions($page));
    }

    public function testWhereTheStoreCannotBeUsedNothingElseActs(): void
    {
        $site = $this->filled($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => base64_encode(str_repeat('x', 32))]);
        $page = $this->page($site);
        self::assertSame(['destroy'], self::actions($page));
        self::assertStringContainsString('The connections cannot be reached', $page->text());
        $nonce = $site->evaluate('return wp_create_nonce("datamachine_connections_mode");', as: 1);
        self::assertIsString($nonce);
        // One notice: the page says what the others say on top of theirs.
        self::assertSame([], $page->find("//div[contains(@class, 'datamachine-connections-notice')]"));
        self::assertCount(1, $site->as('admin')->get('/wp-admin/')->find(
            "//div[contains(@class, 'datamachine-connections-notice')]"
        ));
        $site->define(['DATAMACHINE_CONNECTIONS_KEY' => null]);
        self::assertContains('backup', self::actions($this->page($site)));
        $site->logs->take();
    }

    public function testDestructionIsTypedAndCountsADay(): void
    {
        $site = $this->filled($this->ownSite());
        $page = $this->page($site);
        foreach (['', 'yes', 'example.com'] as $wrong) {
            $page = $this->press($site, $page, 'destroy', ['confirmation' => $wrong]);
            self::assertStringContainsString('Nothing was changed', self::said($page));
            self::assertNull($site->row('datamachine_connections_destroy'));
        }
        $page = $this->press($site, $page, 'destroy', ['confirmation' => 'example.org']);
        self::assertEqualsWithDelta(time(), (int) $site->row('datamachine_connections_destroy'), 60);
        self::assertNotContains('destroy', self::actions($page));
        $this->press($site, $page, 'keep');
        self::assertNull($site->row('datamachine_connections_destroy'));
    }

    public function testACopyDoesNotDestroyTheStoreThatItWasCopiedWith(): void
    {
        $site = $this->filled($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_SITE' => 'staging.example.org']);
        $page = $this->page($site);
        self::assertStringContainsString('leaves the store alone', $page->text());
        $this->press($site, $page, 'destroy', ['confirmation' => 'staging.example.org']);
        $store = self::only($site, 'datamachine-connections-*/store/connections.sqlite');
        $site->evaluate('// As a copy of the files lies elsewhere, its own place is another one.
            define("DATAMACHINE_CONNECTIONS_PATH", $arguments[0]);
            DataMachine\Connections\WordPress\Uninstallation::run();', ["{$site->home()}/of-the-copy"]);
        self::assertFileExists($store);
        self::assertNull($site->row('datamachine_connections'));
    }

    public function testAStoreThatWasOnlyPreparedGoesWithThePlugin(): void
    {
        $site = $this->withOption($this->ownSite());
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => "{$site->home()}/first"]);
        $this->press($site, $this->page($site), 'elsewhere');
        self::assertDirectoryExists("{$site->home()}/first/store");
        $site->define(['DATAMACHINE_CONNECTIONS_PATH' => null]);
        $site->evaluate('DataMachine\Connections\WordPress\Uninstallation::run();');
        self::assertDirectoryDoesNotExist("{$site->home()}/first");
        self::assertNull($site->row('datamachine_connections_migration'));
    }

    /**
     * @return array<string, array{string, ?string, ?string}> agent, origin and who gave it, by id
     */
    private function grants(Site $site): array
    {
        return $site->evaluate('$grants = [];
            $access = DataMachine\Connections\WordPress\Plugin::store()->vault()->access();
            foreach ($access->grants(["revoked" => false, "limit" => 1000]) as $grant) {
                $grants[$grant->id] = [$grant->agent, $grant->origin?->value, $grant->grantedBy];
            }
            return $grants;');
    }
}
