<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Dropin\Guard;
use DataMachine\Connections\Tests\OldRules;

/**
 * That the Data Machine which these tests play behaves as today's, before there is a plugin of ours.
 */
final class DataMachineTest extends SiteTestCase
{
    private const OPTION = 'datamachine_auth_data';
    private const ADMIN = '/wp-admin/admin-ajax.php';

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
    public function testAnAccountIsInTheOptionInEnvelopes(Kind $kind): void
    {
        $site = $this->played($kind);
        $account = ['access_token' => 'fake-access', 'username' => 'Ada', 'scope' => 'identity read'];
        $code = '$reddit = DataMachine\Played::provider("reddit");
            return [$reddit->save_account_for_user(2, $arguments["account"]), $reddit->get_account_for_user(2)];';
        self::assertSame([true, $account], $site->evaluate($code, ['account' => $account]));

        $option = unserialize((string) $site->row(self::OPTION), ['allowed_classes' => false]);
        self::assertSame(['/reddit/principals/user:2/account/access_token'], OldRules::sealed($option));
        $opened = OldRules::read($option, Fixtures::salt());
        self::assertSame(['reddit' => ['principals' => ['user:2' => ['account' => $account]]]], $opened);
        self::assertSame([], $site->search('fake-access'));
        if ($kind === Kind::Network) {
            $query = 'SELECT 1 FROM wp_options WHERE option_name = ?';
            self::assertSame([], $site->database->query($query, [self::OPTION]));
            self::assertSame(['Ada'], $site->evaluate(
                'return [DataMachine\Played::provider("reddit")->get_account_for_user(2)["username"]];',
                at: '/second/',
            ));
        }
    }

    /**
     * @dataProvider kinds
     */
    public function testItsClassesReadMixed(Kind $kind): void
    {
        $site = $this->played($kind);
        $site->setRow(self::OPTION, Fixtures::serialized('mixed'));
        $expected = Fixtures::expected('mixed-api');
        $code = 'return DataMachine\Played::answers($arguments["getters"]);';
        $getters = ['getters' => array_map(array_keys(...), $expected)];
        self::assertSame($expected, $site->evaluate($code, $getters, as: 1, at: self::ADMIN));
        self::assertSame(Fixtures::serialized('mixed'), $site->row(self::OPTION));
    }

    public function testMailboxesAreDelegatedInTheOptionItself(): void
    {
        $site = $this->played(Kind::Single);
        $site->setRow(self::OPTION, Fixtures::serialized('mixed'));
        $code = 'return isset(apply_filters("datamachine_auth_providers", [])["email_imap"]);';
        self::assertFalse($site->evaluate($code), 'A page of the front end has no mailboxes.');
        $as = static fn (int $agent): string => "
            DataMachine\\Abilities\\PermissionHelper::set_agent_context({$agent}, 2);
            \$mailbox = DataMachine\\Played::mailboxes()->resolve_mailbox('personal.desk_1', 'read');
            return is_wp_error(\$mailbox) ? \$mailbox->get_error_code() : \$mailbox['owner'];";
        $given = '["personal.desk_1", "user", 2, 9]';
        $delegations = static fn () => unserialize((string) $site->row(self::OPTION))['email_imap']['delegations'];
        $before = $delegations();
        self::assertSame('email_mailbox_forbidden', $site->evaluate($as(9), as: 1, at: self::ADMIN));
        $grant = "return DataMachine\\Played::mailboxes()->grant_agent(...[...{$given}, ['read', 'unknown']]);";
        self::assertTrue($site->evaluate($grant, as: 1, at: self::ADMIN));
        self::assertSame(['read'], $delegations()['user:2']['personal.desk_1']['agent:9']['operations']);
        self::assertSame(['type' => 'user', 'id' => 2], $site->evaluate($as(9), as: 1, at: self::ADMIN));
        $revoke = "return DataMachine\\Played::mailboxes()->revoke_agent(...{$given});";
        self::assertTrue($site->evaluate($revoke, as: 1, at: self::ADMIN));
        self::assertEquals($before, $delegations());
        self::assertSame('email_mailbox_forbidden', $site->evaluate($as(9), as: 1, at: self::ADMIN));
    }

    public function testAgentsActInIt(): void
    {
        $site = $this->played(Kind::Single);
        $site->setRow(self::OPTION, Fixtures::serialized('mixed'));
        $code = 'use DataMachine\Abilities\PermissionHelper;
            use DataMachine\Connections\Tests\Dropin\DataMachine;
            $seen = [];
            $see = static function ($policy, $tool, $mode, $context) use (&$seen) {
                $seen[] = [$tool, $mode, $context["agent_id"]];
                return $policy;
            };
            add_filter("datamachine_tool_action_policy", $see, 10, 4);
            add_action("datamachine_tool_execution_audit", static function ($call) use (&$seen) {
                $seen[] = $call["tool_name"];
            });
            $reddit = \DataMachine\Played::provider("reddit");
            $read = static fn () => [PermissionHelper::get_acting_agent_id(), $reddit->get_username()];
            return [DataMachine::tool(5, "s", $read), DataMachine::aiStep(1, 5, 2, $read), $seen];';
        $user = Fixtures::expected('mixed-api')['reddit']['get_username'];
        $call = [['post', 'chat', 5], 'post'];
        self::assertSame([[null, $user], [5, $user], [...$call, ...$call]], $site->evaluate($code, as: 1));
    }

    public function testItsClassesAreLoadedWhenTheyAreNeeded(): void
    {
        $site = $this->played(Kind::Single);
        $code = '$class = "DataMachine\Core\OAuth\BaseAuthProvider";
            return [class_exists($class, false), class_exists($class), (new ReflectionClass($class))->getFileName()];';
        $file = $site->content('plugins/data-machine/inc/Core/OAuth/BaseAuthProvider.php');
        self::assertSame([false, true, $file], $site->evaluate($code));
    }

    public function testTheDropInMayStandIn(): void
    {
        $ours = static fn (string $class): string => __DIR__ . "/../../php/dropin/{$class}.php";
        $parts = [
            'BaseAuthProvider' => [],
            'BaseOAuth1Provider' => ['BaseAuthProvider'],
            'BaseOAuth2Provider' => ['BaseAuthProvider', 'AuthorizationFlow'],
            'HttpBasicAuthProvider' => ['BaseAuthProvider'],
        ];
        foreach ($parts as $class => $names) {
            $theirs = __DIR__ . "/plugins/data-machine/inc/Core/OAuth/{$class}.php";
            $verdict = (new Guard())->compare($theirs, $ours($class), array_map($ours, ['StoredAccounts', ...$names]));
            self::assertSame([], $verdict->missing, $class);
        }
    }

    /**
     * @dataProvider kinds
     */
    public function testItTakesItsOptionWithIt(Kind $kind): void
    {
        $site = $this->played($kind);
        $site->setRow(self::OPTION, Fixtures::serialized('small'));
        $site->plugins->deactivate(Plugins::DATA_MACHINE);
        self::assertFalse($site->plugins->isActive(Plugins::DATA_MACHINE));
        self::assertFalse($site->evaluate('return class_exists("DataMachine\Played");'));
        $page = $site->plugins->uninstall(Plugins::DATA_MACHINE);
        self::assertSame(200, $page->status);
        self::assertNull($site->row(self::OPTION));
        self::assertDirectoryDoesNotExist($site->content('plugins/data-machine'));
    }

    private function played(Kind $kind): Site
    {
        $site = $this->ownSite(kind: $kind);
        $site->plugins->dataMachine();
        self::assertTrue($site->plugins->isActive(Plugins::DATA_MACHINE));
        return $site;
    }
}
