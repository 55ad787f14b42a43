<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * The two examples for plugin authors, as they are.
 */
final class AuthorsTest extends SiteTestCase
{
    use WithPlugin;

    private const EXAMPLES = __DIR__ . '/../../examples/wordpress';
    private const ACCOUNT = [
        'access_token' => 'first', 'refresh_token' => 'once', 'scope' => 'notes.read notes.write', 'user_id' => '42',
        'username' => 'Ada',
    ];

    public function testTheyAreAsShortAsThePageSays(): void
    {
        self::assertLessThanOrEqual(40, count(file(self::EXAMPLES . '/provider.php')));
        self::assertLessThanOrEqual(20, count(file(self::EXAMPLES . '/tool.php')));
        $page = (string) file_get_contents(__DIR__ . '/../../docs/wordpress-authors.md');
        foreach (['provider', 'tool'] as $example) {
            self::assertStringContainsString((string) file_get_contents(self::EXAMPLES . "/{$example}.php"), $page);
        }
    }

    public function testAToolIsListedAndActsThroughAGrantOnly(): void
    {
        $site = $this->prepared();
        $list = '$tools = ["post_note" => [], "other" => []];
            $chat = ["agent_id" => 7, "session_id" => "chat-1"];
            return array_keys(apply_filters("datamachine_resolved_tools", $tools, "chat", $chat));';
        $call = '$sent = [];
            add_filter("pre_http_request", function ($answer, $arguments, $url) use (&$sent) {
                $sent[] = [$url, $arguments["headers"]["Authorization"] ?? null];
                return ["response" => ["code" => 200], "body" => "{}", "headers" => [], "cookies" => []];
            }, PHP_INT_MAX, 3);
            $post = fn () => post_note(["text" => "Hello"]);
            $answer = DataMachine\Connections\Tests\Dropin\DataMachine::tool(7, "chat-1", $post, "post_note");
            return [$answer["success"], $sent];';
        self::assertSame(['other'], $site->evaluate($list, as: 12));
        self::assertSame([false, []], $site->evaluate($call, as: 12));
        $site->evaluate('use DataMachine\Connections\Grant;
            DataMachine\Connections\WordPress\Plugin::store()->vault()->access()
                ->grant(Grant::to(7)->use("notes")->of("user:12")->operations("publish")->inChat()->by("user:12"));');
        self::assertSame(['post_note', 'other'], $site->evaluate($list, as: 12));
        $sent = [['https://notes.example/notes', 'Bearer first']];
        self::assertSame([true, $sent], $site->evaluate($call, as: 12));
        self::assertSame([false, []], $site->evaluate($call, as: 13));
    }

    public function testTheProviderIsRenewed(): void
    {
        $site = $this->prepared();
        $code = 'use DataMachine\Connections\Dropin\Renewal;
            $provider = DataMachine\Played::provider("notes");
            $provider->save_account_for_user(12, $arguments["ended"]);
            add_filter("pre_http_request", fn () => ["response" => ["code" => 200], "headers" => [], "cookies" => [],
                "body" => json_encode(["access_token" => "second", "refresh_token" => "next", "expires_in" => 3600])],
                PHP_INT_MAX);
            $outcome = Renewal::of($provider, "user:12")->outcome();
            $account = $provider->get_account_for_user(12);
            return [$outcome->value, $account["access_token"], $account["refresh_token"], $account["username"]];';
        $ended = ['token_expires_at' => time() - 60] + self::ACCOUNT;
        self::assertSame(
            ['refreshed', 'second', 'next', 'Ada'],
            $site->evaluate($code, ['ended' => $ended], at: '/wp-admin/admin-ajax.php')
        );
    }

    private function prepared(): Site
    {
        $site = $this->ownSite(constants: [
            'NOTES_TOKEN_URL' => 'https://notes.example/token', 'NOTES_URL' => 'https://notes.example/notes',
        ]);
        $this->install($site);
        foreach (['provider', 'tool'] as $example) {
            $site->plugins->put(self::EXAMPLES . "/{$example}.php", "{$example}.php");
            $site->plugins->activate("{$example}.php");
        }
        $this->move($site);
        $save = 'return DataMachine\Played::provider("notes")->save_account_for_user(12, $arguments["account"]);';
        $account = ['token_expires_at' => time() + 3600] + self::ACCOUNT;
        self::assertTrue($site->evaluate($save, ['account' => $account]));
        return $site;
    }
}
