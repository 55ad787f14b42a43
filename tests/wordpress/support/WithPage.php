<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * The page Tools → Connections, as an administrator uses it.
 */
trait WithPage
{
    use WithPlugin;

    private const FIELD = 'datamachine_connections_do';
    /** What members hold that nobody may see. */
    private const SECRETS = '~token|secret|password|api_key|envelope~i';

    /** What is done hourly about the audit. */
    private const KEEP_HEADS = 'return DataMachine\Connections\WordPress\Heads::keep(
        DataMachine\Connections\WordPress\Plugin::store()->vault());';

    private function path(Site $site): string
    {
        return $site->settings()->kind === Kind::Network
            ? '/wp-admin/network/settings.php?page=datamachine-connections'
            : '/wp-admin/tools.php?page=datamachine-connections';
    }

    private function page(Site $site, string $query = ''): Response
    {
        $page = $site->as('admin')->open($this->path($site) . $query);
        self::assertSame(200, $page->status);
        self::assertNothingSecret($page);
        return $page;
    }

    /**
     * Presses a button, the first of its action, and gives the page where that ends.
     *
     * @param array<string, string> $fields what is filled in
     */
    private function press(Site $site, Response $page, string $action, array $fields = []): Response
    {
        $form = $page->form(self::FIELD, $action);
        $after = $site->as('admin')->submit($this->path($site), $form, $fields);
        self::assertSame(200, $after->status);
        self::assertNothingSecret($after);
        return $after;
    }

    /** Installed, with the old option `mixed`. */
    private function withOption(Site $site): Site
    {
        $this->install($site);
        $site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
        return $site;
    }

    /** On one site an empty row stays, see Anchor::delete(). */
    private static function hasAnchor(Site $site): bool
    {
        return !in_array($site->row('datamachine_connections'), [null, serialize([])], true);
    }

    /** The accounts of `mixed` in the store, as a migration leaves them, and a stub in the option. */
    private function filled(Site $site): Site
    {
        if (!self::hasAnchor($site)) {
            $this->migrated($site);
            $code = 'DataMachine\Connections\WordPress\Plugin::store()->vault()
                ->importLegacy($arguments["option"], [wp_salt("auth")]);
                update_site_option("datamachine_auth_data", ["datamachine_connections" => ["marker" => "0"]]);';
            $site->evaluate($code, ['option' => Fixtures::serialized('mixed')]);
            $site->logs->take();
        }
        return $site;
    }

    /** As docs/operations.md does, but without the locks. */
    private static function putBack(string $store, string $copy): void
    {
        Files::put($store, $copy);
        chmod($store, 0600);
    }

    /**
     * The actions whose buttons a page has.
     *
     * @return list<string>
     */
    private static function actions(Response $page): array
    {
        $actions = [];
        foreach ($page->find("//input[@name='" . self::FIELD . "']") as $input) {
            $actions[] = $input->getAttribute('value');
        }
        return array_values(array_unique($actions));
    }

    /** What was said on top of the page. */
    private static function said(Response $page): string
    {
        $said = array_map(
            static fn (\DOMElement $notice): string => $notice->textContent,
            $page->find("//div[contains(@class, 'wrap')]/div[contains(@class, 'notice')]"),
        );
        return implode("\n", $said);
    }

    /** None of the fixture's secrets, open or sealed, nor that of the tests. */
    private static function assertNothingSecret(Response $page): void
    {
        static $secrets = null;
        if ($secrets === null) {
            $secrets = ['dm:enc:v1:', self::SECRET];
            $collect = static function (mixed $value, int|string $name) use (&$secrets): void {
                if (is_string($value) && strlen($value) > 5 && preg_match(self::SECRETS, (string) $name) === 1) {
                    $secrets[] = $value;
                }
            };
            $option = Fixtures::expected('mixed');
            array_walk_recursive($option, $collect);
            self::assertGreaterThan(40, count($secrets));
        }
        foreach ($secrets as $secret) {
            self::assertStringNotContainsString($secret, $page->body);
        }
    }
}
