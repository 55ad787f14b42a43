<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\OldRules;

/**
 * The way into the store, and back: whatever happens in between, the site has its connections.
 */
final class MigrationTest extends SiteTestCase
{
    use WithPlugin;

    private const OPTION = 'datamachine_auth_data';
    private const ANCHOR = 'datamachine_connections';
    private const PREPARE = 'DataMachine\Connections\WordPress\Migration\Migration::prepare()';
    private const ROLLBACK = 'use DataMachine\Connections\WordPress\Migration\Rollback;
        $state = DataMachine\Connections\WordPress\Plugin::state();
        return (new Rollback($state->store()->vault(), $state->anchor()))->run(false)->accounts;';
    private const STRAYS = 'return (new DataMachine\Connections\WordPress\Migration\Strays())->take();';
    private const EVENT = 'do_action("datamachine_connections_strays", 60);';
    private const READ = 'return get_site_option("datamachine_auth_data");';

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
    public function testALookChangesNothing(Kind $kind): void
    {
        $site = $this->readied($kind);
        $counts = $site->evaluate('return ' . self::PREPARE . '->look()->counts;');
        self::assertGreaterThan(20, $counts['imported']);
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame(Fixtures::serialized('mixed'), $site->row(self::OPTION));
        $held = $site->evaluate('$anchor = ' . self::PREPARE . '->progress()->anchor;
            return DataMachine\Connections\WordPress\Store::of($anchor)->vault()->info()->connections;');
        self::assertSame(0, $held);
    }

    /**
     * @dataProvider kinds
     */
    public function testMovedAndGivenBack(Kind $kind): void
    {
        $site = $this->readied($kind, objectCache: true);
        $site->evaluate(self::READ);
        $this->move($site);
        self::assertSame(['active', null], $this->state($site));
        self::assertSame([], preg_grep('~/plugins/~', $site->search('dm:enc:v1:'), PREG_GREP_INVERT));
        $code = 'DataMachine\Played::provider("reddit")->update_site_account(["username" => "changed"]);
            DataMachine\Played::provider("threads")->delete_site_account();';
        $site->evaluate($code);
        self::assertGreaterThan(10, $site->evaluate(self::ROLLBACK));
        self::assertSame(['inert', null], $this->state($site));
        $expected = self::mixed();
        $expected['reddit']['account']['username'] = 'changed';
        unset($expected['threads']['account']);
        self::assertEquals(array_filter($expected), self::opened($site->evaluate(self::READ)));
        self::assertEquals(array_filter($expected), self::opened(unserialize((string) $site->row(self::OPTION))));
        $code = '$reddit = DataMachine\Played::provider("reddit");
            $file = (new ReflectionClass(DataMachine\Core\OAuth\BaseAuthProvider::class))->getFileName();
            return [str_contains($file, "/plugins/data-machine/"), $reddit->get_site_account()["username"]];';
        self::assertSame([true, 'changed'], $site->evaluate($code));
        // And once more, with what Data Machine changed since.
        self::assertTrue($site->evaluate(
            'return DataMachine\Played::provider("reddit")->update_site_account(["username" => "again"]);'
        ));
        $this->move($site);
        $expected['reddit']['account']['username'] = 'again';
        self::assertEquals(array_filter($expected), self::opened($site->evaluate(self::READ)));
    }

    public function testAProviderThatNobodySaysAnythingOfIsConnectedAfterwards(): void
    {
        $site = $this->readied(Kind::Single);
        $this->move($site);
        $code = 'return DataMachine\Played::provider("gone_provider")->get_site_account()["access_token"];';
        self::assertSame('fake-gone-plain', $site->evaluate($code));
        $save = '$account = ["access_token" => "newer"];
            return DataMachine\Played::provider("gone_provider")->save_site_account($account);';
        self::assertTrue($site->evaluate($save));
        $option = self::opened($site->evaluate(self::READ));
        self::assertSame('newer', $option['gone_provider']['account']['access_token']);
    }

    public function testWhatWasSavedSinceIsSealedOnTheWayBack(): void
    {
        $site = $this->readied(Kind::Single);
        $this->move($site);
        $site->evaluate('$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
            $vault->save("email_imap", "user:5", ["imap_user" => "u", "imap_password" => "open 1"], "desk");
            $vault->configs()->save("http_basic", "user:5", ["username" => "u", "password" => "open 2"]);');
        $site->evaluate(self::ROLLBACK);
        self::assertSame([], $site->search('open 1'));
        self::assertSame([], $site->search('open 2'));
        $option = OldRules::read(unserialize((string) $site->row(self::OPTION)), Fixtures::salt());
        self::assertSame('open 2', $option['http_basic']['principals']['user:5']['config']['password']);
    }

    public function testSlicesGoOnWhereTheLastOneEndedAndTheOptionStaysTheTruth(): void
    {
        $site = $this->readied(Kind::Single);
        $option = self::mixed();
        for ($user = 1; $user <= 500; $user++) {
            $option['tumblr']['principals']["user:{$user}"]['account'] = ['access_token' => "token-{$user}"];
        }
        $site->setRow(self::OPTION, serialize($option));
        $step = '$progress = ' . self::PREPARE . '->run(0, "user:1");
            return [$progress->phase, $progress->done];';
        self::assertSame(['running', 200], $site->evaluate($step));
        self::assertSame(['inert', null], $this->state($site));
        // Data Machine saves, deletes and connects meanwhile, in what was taken over already and in what was not.
        $changed = $site->evaluate('foreach ([3, 450] as $user) {
                DataMachine\Played::provider("tumblr")->save_account_for_user($user, ["access_token" => "newer"]);
                DataMachine\Played::provider("tumblr")->delete_account_for_user($user + 1);
            }
            DataMachine\Played::provider("reddit")->save_account_for_user(700, ["access_token" => "another"]);
            return get_site_option("datamachine_auth_data");');
        self::assertSame(['running', 400], $site->evaluate($step));
        self::assertSame('done', $site->evaluate($step)[0]);
        self::assertSame(['active', null], $this->state($site));
        self::assertEquals(self::opened($changed), self::opened($site->evaluate(self::READ)));
        self::assertSame('newer', $site->evaluate(
            'return DataMachine\Played::provider("tumblr")->get_account_for_user(3)["access_token"];'
        ));
    }

    /**
     * Where a request is killed in its last step.
     *
     * @return array<string, array{string}>
     */
    public static function moments(): array
    {
        return [
            'before the anchor' => ['pre_update_option_datamachine_connections'],
            'after the anchor' => ['update_option_datamachine_connections'],
            'before the option is emptied' => ['pre_update_site_option_datamachine_auth_data'],
            'after the option is emptied' => ['update_option_datamachine_auth_data'],
        ];
    }

    /**
     * @dataProvider moments
     */
    public function testAKillInTheLastStepLeavesOneTruth(string $hook): void
    {
        $site = $this->readied(Kind::Single);
        $site->row(self::ANCHOR);
        $killed = 'add_filter($arguments["hook"], static fn () => posix_kill(getmypid(), 9), PHP_INT_MIN);
            return ' . self::PREPARE . '->run(5, "user:1")->phase;';
        $this->kill($site, $killed, ['hook' => $hook]);
        // Not committed, so nothing was switched.
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame(Fixtures::serialized('mixed'), $site->row(self::OPTION));
        $this->move($site);
        self::assertSame(self::mixed(), self::opened($site->evaluate(self::READ)));
    }

    public function testADamagedOptionIsNotTakenForNone(): void
    {
        $site = $this->readied(Kind::Single);
        $damaged = [substr(Fixtures::serialized('mixed'), 0, -10), 'a text', serialize('another')];
        foreach ($damaged as $option) {
            $site->setRow(self::OPTION, $option);
            $code = 'try {
                    return ' . self::PREPARE . '->run(5, "user:1")->phase;
                } catch (DataMachine\Connections\Dropin\Refusal $refused) {
                    return $refused->reason;
                }';
            self::assertSame('option_damaged', $site->evaluate($code));
            self::assertSame($option, $site->row(self::OPTION));
            self::assertSame(['inert', null], $this->state($site));
        }
        $site->setRow(self::OPTION, serialize(''));
        $this->move($site);
        self::assertSame([], $site->evaluate(self::READ));
    }

    public function testALostAnchorIsMadeAnewAndTheStoreIsKept(): void
    {
        $site = $this->readied(Kind::Single);
        $this->move($site);
        $site->evaluate('DataMachine\Connections\WordPress\Anchor::delete();');
        self::assertSame(['inert', null], $this->state($site));
        $this->move($site);
        self::assertSame(self::mixed(), self::opened($site->evaluate(self::READ)));
    }

    public function testWhatARequestOfBeforeTheSwitchWroteIsTakenOver(): void
    {
        $site = $this->readied(Kind::Single);
        $this->move($site);
        // The store goes on; then the whole option as it was at the switch is written, with what that request changed.
        $renewed = '["access_token" => "renewed"]';
        $site->evaluate("DataMachine\Played::provider('pinterest')->update_site_account({$renewed});");
        $late = unserialize(Fixtures::serialized('mixed'));
        $late['reddit']['account']['username'] = 'late';
        $late['tumblr']['principals']['user:77']['account'] = ['access_token' => 'late too'];
        $site->setRow(self::OPTION, serialize($late));
        $places = $site->evaluate(self::STRAYS);
        self::assertEqualsCanonicalizing(['reddit/account', 'tumblr/principals/user:77/account'], $places);
        self::assertSame([], $site->evaluate(self::STRAYS));
        $expected = self::mixed();
        $expected['reddit']['account']['username'] = 'late';
        $expected['tumblr']['principals']['user:77']['account'] = ['access_token' => 'late too'];
        $expected['pinterest']['account']['access_token'] = 'renewed';
        self::assertEquals($expected, self::opened($site->evaluate(self::READ)));
        self::assertSame([], $site->search('late too'));
    }

    public function testWhatWasConnectedWithoutThePluginIsTakenOver(): void
    {
        $site = $this->readied(Kind::Single);
        $this->move($site);
        $site->plugins->deactivate(Plugins::CONNECTIONS);
        $code = '$reddit = DataMachine\Played::provider("reddit");
            $account = ["access_token" => "connected meanwhile"];
            return [$reddit->get_site_account(), $reddit->save_site_account($account)];';
        self::assertSame([null, true], $site->evaluate($code));
        // Its own page, to which this leads, looks for what landed there; so does the hourly event.
        $site->plugins->activate(Plugins::CONNECTIONS);
        self::assertSame([], $site->evaluate(self::STRAYS));
        $expected = self::mixed();
        $token = $site->evaluate('return DataMachine\Played::provider("reddit")->get_site_account()["access_token"];');
        self::assertSame('connected meanwhile', $token);
        unset($expected['reddit']['account']);
        $option = self::opened($site->evaluate(self::READ));
        unset($option['reddit']['account']);
        self::assertEquals($expected, $option);
    }

    /**
     * @dataProvider kinds
     */
    public function testWhatARequestUnderWaySavesAfterARollbackComesBackToo(Kind $kind): void
    {
        $site = $this->migrated($this->ownSite(kind: $kind));
        $late = str_replace('return (new', '(new', self::ROLLBACK) . '
            $reddit = apply_filters("datamachine_auth_providers", [])["reddit"];
            return $reddit->update_site_account(["access_token" => "renewed-" . "late"]);';
        self::assertTrue($site->evaluate($late));
        self::assertSame(['inert', null], $this->state($site));
        self::assertSame(self::SECRET, $this->token($site));
        $site->evaluate(self::EVENT);
        self::assertSame('renewed-late', $this->token($site));
        $row = $site->row(self::OPTION);
        $site->evaluate(self::EVENT);
        self::assertSame($row, $site->row(self::OPTION));
    }

    public function testWhatIsInTheOptionSinceARollbackIsNotWrittenOver(): void
    {
        $site = $this->migrated($this->ownSite());
        $late = str_replace('return (new', '(new', self::ROLLBACK) . '
            $reddit = apply_filters("datamachine_auth_providers", [])["reddit"];
            return $reddit->save_account_for_user(12, ["access_token" => "renewed-" . "late"]);';
        self::assertTrue($site->evaluate($late));
        self::assertTrue($site->evaluate(self::REDDIT . '->save_site_account(["access_token" => "connected-since"]);'));
        $site->evaluate(self::EVENT);
        self::assertSame('connected-since', $this->token($site));
        self::assertStringContainsString('saved accounts in the store afterwards', implode("\n", $site->logs->take()));
    }

    private function readied(Kind $kind, mixed ...$settings): Site
    {
        $site = $this->ownSite(...['kind' => $kind] + $settings);
        $site->plugins->dataMachine();
        $site->plugins->connections();
        $site->setRow(self::OPTION, Fixtures::serialized('mixed'));
        return $site;
    }

    /**
     * @return array<array-key, mixed>
     */
    private static function mixed(): array
    {
        return self::opened(unserialize(Fixtures::serialized('mixed'), ['allowed_classes' => false]));
    }

    /**
     * @param array<array-key, mixed> $option
     *
     * @return array<array-key, mixed>
     */
    private static function opened(array $option): array
    {
        return OldRules::read($option, Fixtures::salt());
    }
}
