<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * The plug-in as its zip has it, on a site with Data Machine.
 */
trait WithPlugin
{
    private const ZIP = __DIR__ . '/../../../dist/datamachine-connections.zip';
    /** A provider's class, to be asked. */
    private const REDDIT = 'return apply_filters("datamachine_auth_providers", [])["reddit"]';
    /** What is in the store, and must be nowhere to be found. */
    private const SECRET = 'canary-of-reddit';
    private const PLUGIN = 'data-machine-connections/datamachine-connections.php';

    /** Uploads and activates both. */
    private function install(Site $site): void
    {
        $site->plugins->dataMachine();
        $site->plugins->upload(self::ZIP);
        $site->plugins->activate(self::PLUGIN);
    }

    /** An empty site that was migrated, where it was not yet, with the site's account of reddit in the store. */
    private function migrated(Site $site): Site
    {
        if (strlen((string) $site->row('datamachine_connections')) > strlen('a:0:{}')) {
            return $site;
        }
        $this->install($site);
        $this->migrate($site);
        $site->evaluate('DataMachine\Connections\WordPress\Plugin::store()->vault()
            ->save("reddit", "site:0", ["access_token" => "canary-" . "of-reddit"]);');
        return $site;
    }

    private function migrate(Site $site): void
    {
        $site->evaluate('use DataMachine\Connections\WordPress\{Anchor, Place, Store};
            $place = Place::propose();
            $info = Store::make($place)->vault()->info();
            if (!Anchor::of($place, $info->storeId)->with(migratedAt: time())->write()) {
                throw new RuntimeException("There is no anchor.");
            }');
    }

    /** As the button on the page does. */
    private function move(Site $site): void
    {
        $phase = $site->evaluate('use DataMachine\Connections\WordPress\Migration\{Migration, Progress};
            $migration = Migration::prepare();
            do {
                $phase = $migration->run(5, "user:1")->phase;
            } while ($phase === Progress::RUNNING);
            return $phase;');
        self::assertSame('done', $phase);
    }

    /**
     * The state's name, and the code of what is wrong, once the store was to be opened.
     *
     * @return array{string, ?string}
     */
    private function state(Site $site, string $at = '/'): array
    {
        return $site->evaluate('$state = DataMachine\Connections\WordPress\Plugin::state();
            $problem = $state->problem() ?? $state->store()?->problem();
            return [$state->name(), $problem?->code];', at: $at);
    }

    /** What a provider's class reads of the site's account. */
    private function token(Site $site, string $at = '/'): ?string
    {
        return $site->evaluate(self::REDDIT . '->get_site_account()["access_token"] ?? null;', at: $at);
    }

    /**
     * Runs code that kills its own process.
     *
     * @param array<string, mixed> $arguments
     */
    private function kill(Site $site, string $php, array $arguments): void
    {
        try {
            $site->evaluate($php, $arguments);
            self::fail('It was not killed.');
        } catch (\RuntimeException $killed) {
            $logged = $killed->getMessage();
            self::assertStringContainsString('did not end (502)', $logged);
        }
        // php-fpm logs it when it comes to it, which may be after the answer; a later entry would be a surprise.
        for ($until = microtime(true) + 60; !str_contains($logged, 'SIGKILL'); usleep(2000)) {
            self::assertLessThan($until, microtime(true), 'php-fpm does not notice.');
            $logged .= implode("\n", $site->logs->take());
        }
    }

    /** The one path that matches, below the site's home. */
    private static function only(Site $site, string $pattern): string
    {
        return Files::only("{$site->home()}/{$pattern}");
    }
}
