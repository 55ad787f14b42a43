<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use DataMachine\Connections\Dropin\Standing;
use DataMachine\Connections\Status;

/**
 * Whether a provider is set up and connected: asked of the vault without opening anything, unless a child knows better.
 */
final class StandingTest extends DropinTestCase
{
    private const TOKENS = ['access_token' => 'fake', 'access_token_secret' => 'fake'];

    public function testNothingIsOpenedForIt(): void
    {
        $providers = [new Providers\Plain('reddit'), self::provider('twitter')];
        foreach ($providers as $provider) {
            $provider->save_account(self::TOKENS);
            $provider->save_config(['api_key' => 'fake', 'api_secret' => 'fake']);
        }
        // Whatever were opened now would be refused.
        $this->sql('UPDATE connections SET sealed = randomblob(length(sealed))');
        foreach ($providers as $provider) {
            self::assertTrue($provider->is_authenticated());
            self::assertNull($provider->get_last_error());
            self::assertNull($provider->get_site_account());
            self::assertNotNull($provider->get_last_error());
            self::assertSame([], $provider->get_config());
        }
        self::assertTrue($providers[0]->is_configured());
        self::assertTrue($providers[1]->is_configured());
    }

    public function testAnAppConfigThatLacksSomethingIsNone(): void
    {
        foreach (
            [
                'twitter' => [['api_key', 'api_secret'], 'is_configured'],
                'http_basic' => [['account', 'username', 'password'], 'is_authenticated'],
            ] as $slug => [$needed, $asked]
        ) {
            $provider = self::provider($slug);
            $all = array_fill_keys($needed, 'fake');
            self::assertFalse($provider->$asked());
            foreach ($needed as $name) {
                self::assertTrue($provider->save_config([$name => ''] + $all));
                self::assertFalse($provider->$asked(), "{$slug} without {$name}");
                self::assertTrue($provider->save_config($all));
                self::assertTrue($provider->$asked());
                $this->sql('UPDATE connections SET sealed = randomblob(length(sealed))');
                self::assertTrue($provider->$asked(), 'Nothing is opened.');
                self::assertSame([], $provider->get_config());
                $this->open()->configs()->delete($slug, 'site:0');
            }
        }
    }

    public function testReadingOneOpensNoOther(): void
    {
        foreach (['reddit', 'linkedin'] as $slug) {
            $provider = new Providers\Plain($slug);
            Calls::saves($provider, self::TOKENS);
            $provider->save_named_account('b', self::TOKENS);
        }
        $this->sql("UPDATE connections SET sealed = randomblob(length(sealed))
            WHERE NOT (provider = 'reddit' AND owner = 'user:7' AND account = 'default' AND kind = 0)");
        $provider = new Providers\Plain('reddit');
        self::assertSame(self::TOKENS, $provider->get_account_for_user(7));
        self::assertNull($provider->get_site_account());
        self::assertNull($provider->get_account_for_agent(7));
        self::assertNull($provider->get_named_account('a', 'user', 7));
        self::assertSame([], $provider->get_config());
        self::assertSame([], $provider->find_named_accounts('b'));
        self::assertNotNull($provider->get_last_error());
    }

    public function testARowThatSomebodyEditedIsNoConnection(): void
    {
        $provider = new Providers\Plain('reddit');
        $provider->save_account_for_user(7, self::TOKENS);
        $provider->save_config(['client_id' => 'fake']);
        $this->sql("UPDATE connections SET owner = 'site:0', status = 'active' WHERE kind = 0");
        $this->sql('UPDATE connections SET updated_at = 1 WHERE kind = 1');
        self::assertFalse($provider->is_authenticated());
        self::assertStringContainsString('changed', (string) $provider->get_last_error());
        self::assertFalse($provider->is_configured());
        self::assertNull($provider->get_site_account());
        self::assertFalse($provider->save_account(self::TOKENS));
        self::assertTrue($provider->clear_account());
        self::assertTrue($provider->save_account(self::TOKENS));
        self::assertTrue($provider->is_authenticated());
    }

    public function testTheStatusCounts(): void
    {
        $twitter = self::provider('twitter');
        $twitter->save_account(self::TOKENS);
        foreach ([Status::NeedsReauth, Status::Error, Status::Revoked] as $status) {
            $this->open()->setStatus('twitter', 'site:0', $status);
            self::assertFalse($twitter->is_authenticated());
            self::assertSame(self::TOKENS, $twitter->get_account());
        }
        $twitter->save_account(self::TOKENS);
        self::assertTrue($twitter->is_authenticated());

        $reddit = new Providers\Plain('reddit');
        $reddit->save_account(self::TOKENS + ['token_expires_at' => 1]);
        self::assertFalse($reddit->is_authenticated());
        $reddit->update_account(['token_expires_at' => 4102444800]);
        self::assertTrue($reddit->is_authenticated());
        self::assertFalse(Standing::connected('reddit', 'user:7'));
        $reddit->save_named_account('a', self::TOKENS, 'user', 7);
        self::assertFalse(Standing::connected('reddit', 'user:7'));
        self::assertTrue(Standing::connected('reddit', 'user:7', 'a'));
    }

    /**
     * @SuppressWarnings(PHPMD.UnusedFormalParameter)
     */
    public function testAChildThatKnowsBetterIsAsked(): void
    {
        $configured = new class ('reddit') extends Providers\Plain {
            public array $config = ['client_id' => 'from a constant'];

            public function get_config(array $context = []): array // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return $this->config;
            }
        };
        self::assertTrue($configured->is_configured());
        $configured->config = [];
        $configured->save_config(['client_id' => 'fake']);
        self::assertFalse($configured->is_configured());

        $connected = new class extends Providers\Twitter {
            public array $account = ['access_token' => 'fake', 'access_token_secret' => 'fake'];

            public function get_account(): array // phpcs:ignore PSR1.Methods.CamelCapsMethodName
            {
                return $this->account;
            }
        };
        self::assertTrue($connected->is_authenticated());
        $connected->account['access_token_secret'] = '';
        self::assertFalse($connected->is_authenticated());
    }
}
