<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

use PHPUnit\Framework\TestCase;

/**
 * A test with sites: one per class and settings, or one of its own. What a site logged that it should not have is a
 * failure, unless the test took it (`$site->logs->take()`).
 */
abstract class SiteTestCase extends TestCase
{
    /** @var array<string, Site> those of the class, by their settings */
    private static array $shared = [];
    /** @var list<Site> those of the test */
    private array $own = [];

    /** The class's site with these settings: clean for the first test that asks, as the last one left it for others. */
    protected static function site(mixed ...$settings): Site
    {
        $settings = new Settings(...$settings);
        return self::$shared[serialize($settings)] ??= Site::start($settings);
    }

    /** A clean one. */
    protected function ownSite(mixed ...$settings): Site
    {
        return $this->own[] = Site::start(new Settings(...$settings));
    }

    protected function assertPostConditions(): void
    {
        foreach ([...array_values(self::$shared), ...$this->own] as $site) {
            self::assertSame([], $site->logs->take(), 'Something was logged.');
        }
    }

    protected function tearDown(): void
    {
        foreach (self::$shared as $site) {
            $site->logs->take();
        }
        foreach ($this->own as $site) {
            $site->stop();
        }
        $this->own = [];
    }

    public static function tearDownAfterClass(): void
    {
        foreach (self::$shared as $site) {
            $site->stop();
        }
        self::$shared = [];
    }
}
