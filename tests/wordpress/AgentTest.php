<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * An agent's tool call in a browser chat, with a provider's class as it is: recorded in mode `observe`, refused in
 * `enforce` without a grant, allowed with one. The same through the option.
 */
final class AgentTest extends SiteTestCase
{
    use WithPlugin;

    /** A tool of agent 7, called while user 12 chats; what it reads of the account of reddit. */
    private const CALL = '$call = static fn () => %s;
        return DataMachine\Connections\Tests\Dropin\DataMachine::tool(7, "chat-1", $call);';
    private const CLASSES = 'DataMachine\Played::provider("reddit")->get_account_for_user(12)["access_token"] ?? null';
    private const OPTION = 'get_site_option("datamachine_auth_data")["reddit"]["principals"]["user:12"] ?? null';
    private const MODE = 'use DataMachine\Connections\WordPress\{Anchor, Plugin};
        use DataMachine\Connections\Mode;
        $anchor = Plugin::state()->anchor();
        return $anchor->replace($anchor->with(mode: Mode::from($arguments["mode"])));';
    private const PROPOSED = '$access = DataMachine\Connections\WordPress\Plugin::store()->vault()->access();
        $proposals = [...$access->proposals()];
        return array_map(fn ($proposal) => [$proposal->id, $proposal->grant !== null], $proposals);';
    private const ACCEPT = '$access = DataMachine\Connections\WordPress\Plugin::store()->vault()->access();
        return $access->accept($arguments["proposal"], "user:12")?->agent;';

    public function testAChatsToolCallIsRecordedThenRefusedThenAllowed(): void
    {
        $site = $this->site12();
        $call = sprintf(self::CALL, self::CLASSES);
        self::assertSame('token of 12', $site->evaluate($call, as: 12));
        $proposals = $site->evaluate(self::PROPOSED);
        self::assertCount(1, $proposals);
        self::assertTrue($site->evaluate(self::MODE, ['mode' => 'enforce']));
        self::assertNull($site->evaluate($call, as: 12));
        self::assertSame('agent:7', $site->evaluate(self::ACCEPT, ['proposal' => $proposals[0][0]]));
        self::assertSame('token of 12', $site->evaluate($call, as: 12));
        self::assertSame([], $site->evaluate(self::PROPOSED));
        // Another person's chat is another matter, and so is another agent.
        self::assertNull($site->evaluate($call, as: 13));
        self::assertNull($site->evaluate(str_replace('tool(7', 'tool(8', $call), as: 12));
        // Where no agent acts nobody is asked.
        self::assertSame('token of 12', $site->evaluate('return ' . self::CLASSES . ';'));
    }

    public function testTheOptionShowsAnAgentWhatItsGrantsAllow(): void
    {
        $site = $this->site12();
        $call = sprintf(self::CALL, self::OPTION);
        self::assertIsArray($site->evaluate($call, as: 12));
        self::assertTrue($site->evaluate(self::MODE, ['mode' => 'enforce']));
        self::assertNull($site->evaluate($call, as: 12));
        $grant = 'use DataMachine\Connections\Grant;
            DataMachine\Connections\WordPress\Plugin::store()->vault()->access()
                ->grant(Grant::to(7)->use("reddit")->of("user:12")->everything()->inChat()->by("user:12"));';
        $site->evaluate($grant);
        self::assertIsArray($site->evaluate($call, as: 12));
        $all = sprintf(self::CALL, 'get_site_option("datamachine_auth_data")');
        $seen = $site->evaluate($all, as: 12);
        $others = array_filter($seen, static fn (array $slots): bool => isset($slots['principals']));
        self::assertSame(['reddit'], array_keys($others));
        self::assertArrayNotHasKey('account', $seen['reddit']);
        // What it was not shown is not gone when it writes.
        $write = sprintf(self::CALL, '(function () {
            $all = get_site_option("datamachine_auth_data");
            $all["reddit"]["principals"]["user:12"]["account"]["note"] = "written";
            return update_site_option("datamachine_auth_data", $all);
        })()');
        self::assertTrue($site->evaluate($write, as: 12));
        $option = $site->evaluate('return get_site_option("datamachine_auth_data");');
        self::assertSame('written', $option['reddit']['principals']['user:12']['account']['note']);
        self::assertNotEmpty($option['pinterest']['account']);
        self::assertNotEmpty($option['reddit']['account']);
    }

    private function site12(): Site
    {
        $site = $this->ownSite();
        $site->plugins->dataMachine();
        $site->plugins->connections();
        $site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
        $this->move($site);
        $save = 'return DataMachine\Played::provider("reddit")
            ->save_account_for_user(12, ["access_token" => "token of 12"]);';
        self::assertTrue($site->evaluate($save));
        return $site;
    }
}
