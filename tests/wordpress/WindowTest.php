<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Tests\OldRules;

/**
 * Code that reads and writes the old option directly, on a site that was migrated: it goes on working, and nothing of
 * it is in the database.
 */
final class WindowTest extends SiteTestCase
{
    use WithPlugin;

    private const OPTION = 'datamachine_auth_data';
    /** Where mailboxes are registered. */
    private const ADMIN = '/wp-admin/admin-ajax.php';
    private const STUB = '/^a:1:\{s:23:"datamachine_connections";a:1:\{s:6:"marker";s:32:"[0-9a-f]{32}";\}\}$/D';

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
    public function testTheOptionReadsAsItWas(Kind $kind): void
    {
        $site = $this->moved($kind);
        self::assertMatchesRegularExpression(self::STUB, (string) $site->row(self::OPTION));
        $option = $site->evaluate('return get_site_option("datamachine_auth_data");');
        self::assertSame(self::mixed(), self::opened($option));
        self::assertNotSame([], OldRules::sealed($option));
        if ($kind === Kind::Single) {
            $plain = $site->evaluate('return get_option("datamachine_auth_data");');
            self::assertSame(self::mixed(), self::opened($plain));
        }
        self::assertNothingLeft($site);
    }

    /**
     * @dataProvider kinds
     */
    public function testWritesBecomeRows(Kind $kind): void
    {
        $site = $this->moved($kind, objectCache: true);
        $written = $site->evaluate('
            $all = get_site_option("datamachine_auth_data", []);
            $all["reddit"]["account"]["username"] = "somebody else";
            $all["tumblr"]["principals"]["user:3"]["account"] = ["access_token" => "fake-" . "new"];
            unset($all["pinterest"]);
            return [update_site_option("datamachine_auth_data", $all), get_site_option("datamachine_auth_data")];');
        [$answer, $seen] = $written;
        self::assertTrue($answer);
        $expected = self::mixed();
        $expected['reddit']['account']['username'] = 'somebody else';
        $expected['tumblr']['principals']['user:3']['account'] = ['access_token' => 'fake-new'];
        unset($expected['pinterest']);
        self::assertEquals($expected, self::opened($seen));
        $later = $site->evaluate('return get_site_option("datamachine_auth_data");');
        self::assertEquals($expected, self::opened($later));
        self::assertSame('fake-new', $site->evaluate(
            'return DataMachine\Played::provider("tumblr")->get_account_for_user(3)["access_token"];'
        ));
        self::assertMatchesRegularExpression(self::STUB, (string) $site->row(self::OPTION));
        self::assertNothingLeft($site);
    }

    /**
     * @dataProvider kinds
     */
    public function testWritingWhatIsThereIsNoFailureAndChangesNothing(Kind $kind): void
    {
        $site = $this->moved($kind);
        $writes = 'return DataMachine\Connections\WordPress\Plugin::store()->vault()->writes();';
        $before = $site->evaluate($writes);
        self::assertTrue($site->evaluate(
            'return update_site_option("datamachine_auth_data", get_site_option("datamachine_auth_data"));'
        ));
        self::assertSame($before, $site->evaluate($writes));
    }

    /**
     * Of WordPress's functions for network options, and of those for plain ones.
     *
     * @return array<string, array{Kind, string, string}>
     */
    public static function deletions(): array
    {
        return [
            'one site' => [Kind::Single, 'delete_site_option', 'get_site_option'],
            'one site, the plain option' => [Kind::Single, 'delete_option', 'get_option'],
            'network' => [Kind::Network, 'delete_site_option', 'get_site_option'],
        ];
    }

    /**
     * @dataProvider deletions
     */
    public function testDeletionEmptiesTheVaultAndWhatComesNextIsThere(Kind $kind, string $delete, string $get): void
    {
        $site = $this->moved($kind);
        $code = 'return [$arguments["delete"]("datamachine_auth_data"), $arguments["get"]("datamachine_auth_data"),
            $arguments["get"]("datamachine_auth_data", ["none"]),
            DataMachine\Played::provider("reddit")->get_site_account()];';
        $functions = ['delete' => $delete, 'get' => $get];
        self::assertSame([true, [], ['none'], null], $site->evaluate($code, $functions));
        self::assertSame([true, [], ['none'], null], $site->evaluate($code, $functions));
        $set = str_replace(['get_'], ['update_'], $get);
        $account = ['reddit' => ['account' => ['username' => 'Ada']]];
        $answer = $site->evaluate('return [$arguments["set"]("datamachine_auth_data", $arguments["value"]),
            $arguments["get"]("datamachine_auth_data")];', ['set' => $set, 'value' => $account] + $functions);
        self::assertSame([true, $account], $answer);
        self::assertMatchesRegularExpression(self::STUB, (string) $site->row(self::OPTION));
    }

    /**
     * @dataProvider kinds
     */
    public function testAddingWhatIsThereIsRefusedAndLeavesNothing(Kind $kind): void
    {
        $site = $this->moved($kind, objectCache: true);
        $value = ['reddit' => ['account' => ['access_token' => 'fake-added']]];
        $add = $kind === Kind::Single ? ['add_site_option', 'add_option'] : ['add_site_option'];
        foreach ($add as $function) {
            // A cache of another time knows of no such option.
            $code = 'wp_cache_set("notoptions", ["datamachine_auth_data" => true], "options");
                wp_cache_set("1:notoptions", ["datamachine_auth_data" => true], "site-options");
                return $arguments["add"]("datamachine_auth_data", $arguments["value"]);';
            self::assertFalse($site->evaluate($code, ['add' => $function, 'value' => $value]), $function);
        }
        self::assertMatchesRegularExpression(self::STUB, (string) $site->row(self::OPTION));
        self::assertSame([], $site->search('fake-added'));
        $option = $site->evaluate('return get_site_option("datamachine_auth_data");');
        self::assertSame(self::mixed(), self::opened($option));
    }

    public function testAddingWhereNothingIsSavesIt(): void
    {
        $site = $this->moved(Kind::Single);
        $value = ['reddit' => ['account' => ['access_token' => 'fake-added']]];
        $site->evaluate('delete_site_option("datamachine_auth_data");
            add_option("datamachine_auth_data", $arguments["value"]);', ['value' => $value]);
        self::assertSame($value, self::opened($site->evaluate('return get_option("datamachine_auth_data");')));
        self::assertSame([], $site->search('fake-added'));
    }

    public function testAWriterWhoseCopyIsOldLosesNothingOfOthers(): void
    {
        $site = $this->moved(Kind::Single);
        $saved = $site->evaluate('
            $mine = get_site_option("datamachine_auth_data");
            // Another process, in effect: the vault goes on, and somebody in this request reads what it holds then.
            $vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
            $vault->merge("reddit", "site:0", ["access_token" => "newer"]);
            get_site_option("datamachine_auth_data");
            $mine["reddit"]["account"]["username"] = "changed";
            update_site_option("datamachine_auth_data", $mine);
            $account = $vault->get("reddit", "site:0")->document;
            return [$account->get("access_token"), $account->get("username")];');
        self::assertSame(['newer', 'changed'], $saved);
    }

    /**
     * @dataProvider kinds
     */
    public function testDelegationsBecomeGrantsAndBack(Kind $kind): void
    {
        $site = $this->moved($kind);
        $before = $this->grants($site);
        $code = '$mailboxes = DataMachine\Played::mailboxes();
            return $mailboxes->grant_agent("personal.desk_1", "user", 2, 9, ["read"]);';
        self::assertTrue($site->evaluate($code, as: 1, at: self::ADMIN));
        $after = $this->grants($site);
        self::assertCount(count($before) + 1, $after);
        self::assertContains(['agent:9', 'user:2', 'active'], $after);
        $delegations = $site->evaluate('return get_site_option("datamachine_auth_data")["email_imap"]["delegations"];');
        self::assertSame(['read'], $delegations['user:2']['personal.desk_1']['agent:9']['operations']);
        $code = 'return DataMachine\Played::mailboxes()->revoke_agent("personal.desk_1", "user", 2, 9);';
        self::assertTrue($site->evaluate($code, as: 1, at: self::ADMIN));
        self::assertEquals($before, $this->grants($site));
    }

    public function testWhatIsNoArrayIsRefused(): void
    {
        $site = $this->moved(Kind::Single);
        self::assertFalse($site->evaluate('return update_site_option("datamachine_auth_data", "a text");'));
        $option = $site->evaluate('return get_site_option("datamachine_auth_data");');
        self::assertSame(self::mixed(), self::opened($option));
    }

    public function testDataMachinesOwnClassesWorkThroughItWhereOursCameTooLate(): void
    {
        $site = $this->moved(Kind::Single);
        $file = $site->content('mu-plugins/early.php');
        $class = '/plugins/data-machine/inc/Core/OAuth/BaseAuthProvider.php';
        file_put_contents($file, "<?php require WP_CONTENT_DIR . '{$class}';");
        $code = '$class = new ReflectionClass(DataMachine\Core\OAuth\BaseAuthProvider::class);
            $getters = DataMachine\Played::answers($arguments["getters"]);
            return [str_contains($class->getFileName(), "/plugins/data-machine/"), $getters];';
        $expected = Fixtures::expected('mixed-api');
        $getters = ['getters' => array_map(array_keys(...), $expected)];
        self::assertSame([true, $expected], $site->evaluate($code, $getters, as: 1, at: self::ADMIN));
        $code = '$reddit = DataMachine\Played::provider("reddit");
            return [$reddit->save_account_for_user(2, ["access_token" => "fake-" . "saved"]),
                $reddit->get_account_for_user(2)];';
        self::assertSame([true, ['access_token' => 'fake-saved']], $site->evaluate($code));
        $page = $site->as('admin')->get('/wp-admin/tools.php?page=datamachine-connections');
        self::assertStringContainsString('own classes run on this site', $page->text());
        self::assertStringNotContainsString('would have been refused is listed', $page->text());
        self::assertStringNotContainsString('look here then', $page->text());
        self::assertSame([], $site->search('fake-saved'));
        unlink($file);
        $code = 'return DataMachine\Played::provider("reddit")->get_account_for_user(2);';
        self::assertSame(['access_token' => 'fake-saved'], $site->evaluate($code));
    }

    public function testEightThroughTheWindowAndEightThroughTheClassesLoseNothing(): void
    {
        $site = $this->moved(Kind::Single, workers: 16);
        $code = '
            $number = $arguments["number"];
            $lost = [];
            for ($turn = 1; $turn <= 10; $turn++) {
                if ($number < 8) {
                    $all = get_site_option("datamachine_auth_data", []);
                    $mine = ["account" => ["access_token" => "fake-$turn"]];
                    $all["tumblr"]["principals"]["user:" . (100 + $number)] = $mine;
                    $all["reddit"]["account"]["member_$number"] = $turn;
                    update_site_option("datamachine_auth_data", $all) || $lost[] = $turn;
                } else {
                    $tumblr = DataMachine\Played::provider("tumblr");
                    $tumblr->save_account_for_user(100 + $number, ["access_token" => "fake-$turn"]) || $lost[] = $turn;
                    $reddit = DataMachine\Played::provider("reddit");
                    $reddit->update_site_account(["member_$number" => $turn]) || $lost[] = $turn;
                }
            }
            return $lost;';
        self::assertSame(array_fill(0, 16, []), $site->evaluateMany(16, $code));
        $option = self::opened($site->evaluate('return get_site_option("datamachine_auth_data");'));
        for ($number = 0; $number < 16; $number++) {
            $user = 'user:' . (100 + $number);
            self::assertSame(['access_token' => 'fake-10'], $option['tumblr']['principals'][$user]['account'], $user);
            self::assertSame(10, $option['reddit']['account']["member_{$number}"]);
        }
        $before = self::mixed();
        self::assertSame($before['email_imap'], $option['email_imap']);
    }

    /** Neither in the database nor in a file: no piece of any secret of the old option, nor its envelopes. */
    private static function assertNothingLeft(Site $site): void
    {
        preg_match_all('/fake-[a-z]+-[0-9a-f]{8}/', serialize(self::mixed()), $secrets);
        foreach (['fake-new', 'dm:enc:v1:', ...array_slice(array_unique($secrets[0]), 0, 12)] as $secret) {
            $found = preg_grep('~/plugins/~', $site->search($secret), PREG_GREP_INVERT);
            self::assertSame([], array_values($found ?: []), $secret);
        }
    }

    private function moved(Kind $kind, mixed ...$settings): Site
    {
        $site = $this->ownSite(...['kind' => $kind] + $settings);
        $site->plugins->dataMachine();
        $site->plugins->connections();
        $site->setRow(self::OPTION, Fixtures::serialized('mixed'));
        $this->move($site);
        return $site;
    }

    /**
     * The option as it was before, each envelope opened.
     *
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

    /**
     * @return list<array{string, ?string, string}>
     */
    private function grants(Site $site): array
    {
        return $site->evaluate('$grants = [];
            $vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
            foreach ($vault->access()->grants(["revoked" => false]) as $grant) {
                $grants[] = [$grant->agent, $grant->owner, $grant->status->value];
            }
            return $grants;');
    }
}
