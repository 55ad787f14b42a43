<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\Dropin;

use PHPUnit\Framework\Error\Deprecated;
use PHPUnit\Framework\TestCase;

/**
 * That below scripts/wordpress.sh it is WordPress what the other tests run on, and the kind that was asked for.
 *
 * @group wordpress
 */
final class RealWordPressTest extends TestCase
{
    private const OPTION = 'dm_harness';

    protected function tearDown(): void
    {
        delete_site_option(self::OPTION);
    }

    public function testItIsTheWordPressThatWasAskedFor(): void
    {
        self::assertMatchesRegularExpression('~^6\.\d+~', $GLOBALS['wp_version']);
        self::assertSame(getenv('DM_WORDPRESS') === 'network', is_multisite());
        self::assertSame('http://example.org', home_url());
        self::assertTrue(is_blog_installed());
    }

    public function testOptionsOfTheNetworkAreInTheDatabase(): void
    {
        global $wpdb;
        $value = ['reddit' => ['account' => ['username' => 'Ada', 'text' => "ünïcode \u{1F642}"]]];
        self::assertFalse(get_site_option(self::OPTION));
        self::assertTrue(update_site_option(self::OPTION, $value));
        self::assertSame($value, get_site_option(self::OPTION));
        $query = is_multisite()
            ? "SELECT meta_value FROM {$wpdb->sitemeta} WHERE meta_key = %s"
            : "SELECT option_value FROM {$wpdb->options} WHERE option_name = %s";
        self::assertSame(serialize($value), $wpdb->get_var($wpdb->prepare($query, self::OPTION)));
        self::assertTrue(delete_site_option(self::OPTION));
        self::assertNull($wpdb->get_var($wpdb->prepare($query, self::OPTION)));
    }

    public function testTheSaltIsTheOneOfTheFixtures(): void
    {
        $salt = rtrim((string) file_get_contents(__DIR__ . '/../fixtures/SALT.txt'), "\n");
        self::assertSame($salt, wp_salt('auth'));
    }

    public function testTheDatabaseIsOurOwn(): void
    {
        global $wpdb;
        $directory = (string) getenv('DM_WORDPRESS_DIRECTORY');
        self::assertStringStartsWith($directory, $wpdb->get_var('SELECT @@datadir'));
        self::assertSame('1', $wpdb->get_var('SELECT @@skip_networking'));
        self::assertStringStartsWith($directory, WP_CONTENT_DIR);
        self::assertStringContainsString('MariaDB', $wpdb->get_var('SELECT version()'));
    }

    public function testItsDeprecationsAreQuietAndOthersAreNot(): void
    {
        self::assertNotSame(0, error_reporting() & E_DEPRECATED);
        self::assertSame('', esc_url(null));
        // PHPUnit 9 warns of who expects one.
        try {
            trigger_error('Not of WordPress.', E_USER_DEPRECATED);
            self::fail('Something deprecated of ours was passed over.');
        } catch (Deprecated $thrown) {
            self::assertSame('Not of WordPress.', $thrown->getMessage());
        }
    }

    public function testNothingLeavesTheMachine(): void
    {
        self::assertTrue(wp_mail('somebody@example.org', 'Hello', 'Hello'));
        $refused = wp_remote_get('http://example.org/');
        self::assertInstanceOf(\WP_Error::class, $refused);
        self::assertSame('no_network', $refused->get_error_code());
    }
}
