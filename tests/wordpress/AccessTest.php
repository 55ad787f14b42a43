<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * datamachine_connections_can() and its plural: what an agent is offered.
 */
final class AccessTest extends SiteTestCase
{
    use WithPlugin;

    private const VAULT = '$vault = DataMachine\Connections\WordPress\Plugin::store()->vault();
        use DataMachine\Connections\{ActingRequest, Grant, RunContext};';
    /** A filter such as a plug-in has that offers tools for providers. */
    private const FILTER = <<<'PHP'
        add_filter('datamachine_resolved_tools', static function (array $tools, $mode, array $args): array {
            $needs = array_filter(array_map(static fn (array $tool) => $tool['needs'] ?? null, $tools));
            $can = datamachine_connections_can_each($needs, $args);
            return array_filter($tools, static fn ($name) => $can[$name] ?? true, ARRAY_FILTER_USE_KEY);
        }, 10, 3);
        $tools = [
            'read' => ['needs' => ['provider' => 'reddit', 'operations' => ['read']]],
            'publish' => ['needs' => ['provider' => 'reddit', 'operations' => ['publish']]],
            'tweet' => ['needs' => ['provider' => 'twitter']],
            'think' => [],
        ];
        $offered = static fn (array $args): array => array_keys(
            apply_filters('datamachine_resolved_tools', $tools, 'chat', $args)
        );
        PHP;

    public function testAnAgentIsOfferedWhatWouldWork(): void
    {
        $site = $this->granted(self::site());
        $offered = fn (int $agent, int $as): array => $site->evaluate(
            self::FILTER . 'return $offered(["modes" => ["chat"], "agent_id" => $arguments[0]]);',
            [$agent],
            $as
        );
        self::assertSame(['read', 'think'], $offered(7, 12));
        self::assertSame(['think'], $offered(8, 12), 'Another agent has no grant.');
        self::assertSame(['think'], $offered(7, 1), 'Nobody else has the account.');
        self::assertSame(['think'], $offered(7, 0), 'Nobody asks.');
    }

    public function testOneQuestion(): void
    {
        $site = $this->granted(self::site());
        $can = fn (string $arguments, int $as = 12): bool => $site->evaluate(
            self::VAULT . "return datamachine_connections_can({$arguments});",
            as: $as
        );
        self::assertTrue($can('"reddit", [], ["agent_id" => 7]'));
        self::assertTrue($can('"reddit", ["read"], ["agent_id" => 7, "operations" => ["read"]]'));
        self::assertFalse($can('"reddit", ["submit"], ["agent_id" => 7]'));
        self::assertFalse($can('"twitter", [], ["agent_id" => 7]'));
        // Who is here without an agent has the own account.
        self::assertTrue($can('"reddit"'));
        self::assertFalse($can('"reddit"', 1));
        // A request of the caller's own.
        $request = 'ActingRequest::byAgent(7)->asking(12)->in(RunContext::Chat)->withoutSession()->withoutFlow()
            ->mayEverything()->manages()';
        self::assertTrue($can("'reddit', [], ['request' => {$request}]", 1));
        self::assertTrue($can("'reddit', [], ['request' => {$request}, 'owner' => 'user:12']", 1));
        self::assertFalse($can("'reddit', [], ['request' => {$request}, 'owner' => 'site:0']", 1));
    }

    public function testWhoAsksWronglyIsRefusedAlone(): void
    {
        $site = $this->granted(self::site());
        $each = 'return datamachine_connections_can_each($arguments, ["agent_id" => 7]);';
        $tools = ['good' => ['provider' => 'reddit'], 'bad' => ['provider' => 'no slug!'], 'none' => []];
        self::assertSame(['good' => true, 'bad' => false, 'none' => false], $site->evaluate($each, $tools, 12));
        self::assertStringContainsString('must be a slug', implode("\n", $site->logs->take()));
        self::assertSame([], $site->evaluate($each, [], 12));
    }

    public function testWhereAnotherAgentActsNothingIsToldOfIt(): void
    {
        $site = $this->granted(self::site());
        $can = 'DataMachine\Abilities\PermissionHelper::set_agent_context($arguments[0], 12);
            return datamachine_connections_can("reddit", [], ["agent_id" => $arguments[1]]);';
        self::assertFalse($site->evaluate($can, [8, 7], 12));
    }

    public function testNobodyCanBeforeAMigrationOrWhereItIsHeld(): void
    {
        $site = $this->ownSite();
        $this->install($site);
        $can = self::FILTER . 'return [datamachine_connections_can("reddit"), $offered([])];';
        self::assertSame([false, ['think']], $site->evaluate($can, as: 1));
        $site = $this->granted(self::site());
        $store = self::only($site, 'datamachine-connections-*/store');
        rename($store, "{$store}.away");
        self::assertSame([false, ['think']], $site->evaluate($can, as: 12));
        rename("{$store}.away", $store);
        $site->logs->take();
    }

    /** User 12 (ada) has an account of reddit, and lets agent 7 read with it. */
    private function granted(Site $site): Site
    {
        $this->migrated($site);
        $site->evaluate(self::VAULT . 'if ($vault->get("reddit", "user:12") === null) {
            $vault->save("reddit", "user:12", ["access_token" => "a", "scope" => "read submit"]);
            $vault->access()->grant(Grant::to(7)->use("reddit")->of("user:12")->operations("read")->by("user:12"));
            $vault->delete("reddit", "site:0");
        }');
        return $site;
    }
}
