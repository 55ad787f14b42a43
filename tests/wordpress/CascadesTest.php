<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Who is gone takes the own connections along.
 */
final class CascadesTest extends SiteTestCase
{
    use WithPlugin;

    private const VAULT = '$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();';
    private const USER = 'require_once ABSPATH . "wp-admin/includes/admin.php";';

    public function testAUserWhoIsDeleted(): void
    {
        $site = $this->migrated(self::site());
        $user = $this->person($site);
        $other = $this->person($site);
        $site->evaluate(self::USER . 'wp_delete_user($arguments[0]);', [$user]);
        self::assertSame(["agent:7", "site:0", "user:{$other}"], $this->owners($site));
        self::assertNull($site->row('datamachine_connections_pending'));
    }

    public function testAnAgentThatIsDeletedAndTheGrantsThatItHad(): void
    {
        $site = $this->migrated(self::site());
        $user = $this->person($site);
        $site->evaluate(self::VAULT . '$owner = "user:{$arguments[0]}";
            $grant = DataMachine\Connections\Grant::to(7)->use("reddit")->of($owner)->everything()->by($owner);
            $vault->access()->grant($grant);', [$user]);
        // The other is the one of its own account.
        self::assertCount(2, $this->grants($site));
        $site->evaluate('do_action("datamachine_agent_deleted", 7, "seven");');
        self::assertNotContains('agent:7', $this->owners($site));
        self::assertContains("user:{$user}", $this->owners($site));
        self::assertSame([], $this->grants($site));
    }

    public function testWhatCannotBeDoneIsDoneLater(): void
    {
        $site = $this->migrated(self::site());
        $user = $this->person($site);
        $store = self::only($site, 'datamachine-connections-*/store');
        rename($store, "{$store}.away");
        $site->evaluate(self::USER . 'wp_delete_user($arguments[0]);', [$user]);
        self::assertSame(["user:{$user}"], unserialize((string) $site->row('datamachine_connections_pending')));
        $site->logs->take();
        rename("{$store}.away", $store);
        self::assertContains("user:{$user}", $this->owners($site));
        $site->evaluate('DataMachine\Connections\WordPress\Cron::run();');
        self::assertNotContains("user:{$user}", $this->owners($site));
        self::assertNull($site->row('datamachine_connections_pending'));
    }

    public function testOnANetworkWhoLeavesTheLastBlog(): void
    {
        $site = $this->migrated(self::site(kind: Kind::Network));
        $user = $this->person($site);
        $site->evaluate('add_user_to_blog(2, $arguments[0], "author");', [$user]);
        // One blog is left; another one in the same request.
        $site->evaluate('remove_user_from_blog($arguments[0], 1);', [$user]);
        self::assertContains("user:{$user}", $this->owners($site));
        $move = 'remove_user_from_blog($arguments[0], 2); add_user_to_blog(1, $arguments[0], "author");';
        $site->evaluate($move, [$user]);
        self::assertContains("user:{$user}", $this->owners($site));
        self::assertNull($site->row('datamachine_connections_pending'));
        // A network whose members need no blog.
        $keep = 'add_filter("datamachine_connections_user_belongs", "__return_true");';
        $site->evaluate($keep . 'remove_user_from_blog($arguments[0], 1);', [$user]);
        self::assertContains("user:{$user}", $this->owners($site));
        $site->evaluate('add_user_to_blog(1, $arguments[0], "author");', [$user]);
        // "Delete" of one blog's users is that on a network.
        $site->evaluate(self::USER . 'wp_delete_user($arguments[0]);', [$user]);
        self::assertNotContains("user:{$user}", $this->owners($site));
        self::assertNull($site->row('datamachine_connections_pending'));
    }

    public function testOnANetworkASuperAdminBelongsToAllOfIt(): void
    {
        $site = $this->migrated(self::site(kind: Kind::Network));
        $user = $this->person($site);
        $leave = 'grant_super_admin($arguments[0]); remove_user_from_blog($arguments[0], 1);';
        $site->evaluate(self::USER . $leave, [$user]);
        self::assertContains("user:{$user}", $this->owners($site));
        $site->evaluate(self::USER . 'revoke_super_admin($arguments[0]); wpmu_delete_user($arguments[0]);', [$user]);
        self::assertNotContains("user:{$user}", $this->owners($site));
    }

    public function testOnANetworkABlogThatIsDeleted(): void
    {
        $site = $this->migrated(self::site(kind: Kind::Network));
        $new = 'return wp_insert_site(["domain" => "example.org", "path" => "/third/", "user_id" => 1]);';
        $blog = $site->evaluate($new);
        $site->evaluate(self::VAULT . '$vault->save("reddit", "site:{$arguments[0]}", ["a" => 1]);', [$blog]);
        self::assertContains("site:{$blog}", $this->owners($site));
        $site->evaluate('wp_delete_site($arguments[0]);', [$blog]);
        self::assertNotContains("site:{$blog}", $this->owners($site));
        self::assertContains('site:0', $this->owners($site));
    }

    public function testBeforeAMigrationNothingIsRemembered(): void
    {
        $site = $this->ownSite();
        $this->install($site);
        $site->evaluate('do_action("datamachine_agent_deleted", 7, "seven");');
        self::assertNull($site->row('datamachine_connections_pending'));
    }

    /** Somebody new, with an account; and one of agent 7's. */
    private function person(Site $site): int
    {
        $user = $site->evaluate('return wp_insert_user(["user_login" => uniqid("p"), "user_pass" => "x"]);');
        $site->evaluate(self::VAULT . '$vault->save("reddit", "user:{$arguments[0]}", ["access_token" => "a"]);
            $vault->save("reddit", "agent:7", ["access_token" => "b"]);', [$user]);
        return $user;
    }

    /**
     * @return list<string>
     */
    private function owners(Site $site): array
    {
        $owners = $site->evaluate(self::VAULT . 'return array_map(static fn ($row) => $row->owner,
            iterator_to_array($vault->all(), false));');
        sort($owners);
        return $owners;
    }

    /**
     * @return list<string> of agent 7
     */
    private function grants(Site $site): array
    {
        return $site->evaluate(self::VAULT . 'return array_map(
            static fn ($grant) => $grant->id,
            $vault->access()->grants(["agent" => "agent:7", "revoked" => false])->rows);');
    }
}
