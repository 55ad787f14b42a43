<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Vault;

/**
 * Many requests at once and workers that come and go, as php-fpm is usually set up: FFI for preloaded files only. And
 * what each of them loads.
 */
final class LoadTest extends SiteTestCase
{
    use WithPlugin;

    private const WORKERS = 16;
    private const ROUNDS = 6;

    public function testSixteenAtOnceUnderPreloadWithWorkersThatMakeWay(): void
    {
        $site = $this->ownSite(workers: self::WORKERS);
        $site->plugins->dataMachine();
        $site->plugins->connections();
        $site->setRow('datamachine_auth_data', Fixtures::serialized('mixed'));
        $this->move($site);
        // A worker serves some requests, then another takes its place.
        $site->restart(ffi: 'preload', preload: Plugins::PRELOAD, maxRequests: 3);
        $code = '$mine = "member_" . $arguments["number"];
            $reddit = DataMachine\Played::provider("reddit");
            $before = $reddit->get_site_account()[$mine] ?? 0;
            $saved = $reddit->update_site_account([$mine => $before + 1]);
            return [getmypid(), $saved, $reddit->get_site_account()["username"]];';
        $workers = [];
        for ($round = 0; $round < self::ROUNDS; $round++) {
            foreach ($site->evaluateMany(self::WORKERS, $code) as [$worker, $saved, $name]) {
                self::assertTrue($saved);
                self::assertSame('rig_reddit', $name);
                $workers[$worker] = true;
            }
        }
        self::assertGreaterThan(self::WORKERS, count($workers), 'No worker made way.');
        $account = $site->evaluate('return DataMachine\Played::provider("reddit")->get_site_account();');
        for ($number = 0; $number < self::WORKERS; $number++) {
            self::assertSame(self::ROUNDS, $account["member_{$number}"]);
        }
        foreach (array_fill(0, self::WORKERS, '/') as $page) {
            self::assertSame(200, $site->get($page)->status);
        }
    }

    public function testAPageThatUsesNoConnectionLoadsNothingOfTheStoreTheOptionOrTheirEvents(): void
    {
        $site = $this->migrated($this->ownSite());
        $code = '$prefix = "~^DataMachine.Connections.(Vault|WordPress.(Cron|Window.Window|Migration.)|Native.Json)~";
            return array_values(preg_grep($prefix, get_declared_classes()));';
        self::assertSame([], $site->evaluate($code));
        $read = self::REDDIT . '->get_site_account();';
        $used = $site->evaluate(substr($read, strlen('return ')) . $code);
        self::assertSame([Vault::class, Json::class], $used, 'What is looked for is there where it is needed.');
    }
}
