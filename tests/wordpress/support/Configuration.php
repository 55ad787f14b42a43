<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * A site's wp-config.php.
 */
final class Configuration
{
    public static function write(Site $site, string $token): void
    {
        $lines = "<?php\n\n";
        foreach ($site->settings()->constants + self::constants($site, $token) as $name => $value) {
            $lines .= "define('{$name}', " . var_export($value, true) . ");\n";
        }
        $lines .= "\n\$table_prefix = 'wp_';\n"
            . "if (!defined('ABSPATH')) {\n    define('ABSPATH', __DIR__ . '/');\n}\n"
            . "require_once ABSPATH . 'wp-settings.php';\n";
        Files::put("{$site->root()}/wp-config.php", $lines);
    }

    /**
     * @return array<string, mixed>
     */
    private static function constants(Site $site, string $token): array
    {
        $address = $site->address();
        $salt = str_split(Fixtures::salt(), 32);
        $constants = [
            'DB_NAME' => $site->database->name,
            'DB_USER' => 'root',
            'DB_PASSWORD' => '',
            'DB_HOST' => 'localhost:' . Database::socket(),
            'DB_CHARSET' => 'utf8mb4',
            'DB_COLLATE' => '',
            // Together what `wp_salt('auth')` gives: the salt of the fixtures' envelopes.
            'AUTH_KEY' => array_shift($salt),
            'AUTH_SALT' => implode('', $salt),
            'DISABLE_WP_CRON' => true,
            'AUTOMATIC_UPDATER_DISABLED' => true,
            'FS_METHOD' => 'direct',
            'WP_DEBUG' => true,
            'WP_DEBUG_DISPLAY' => false,
            'WP_DEBUG_LOG' => "{$site->run()}/php.log",
            'DM_TESTS_TOKEN' => $token,
            'DM_TESTS_CACHE' => "{$site->run()}/cache",
        ];
        foreach (['SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $scheme) {
            $constants["{$scheme}_KEY"] = "the key of {$scheme}, nobody's secret";
            $constants["{$scheme}_SALT"] = "the salt of {$scheme}, nobody's secret";
        }
        if ($site->settings()->kind === Kind::Single) {
            return $constants + ['WP_HOME' => $address, 'WP_SITEURL' => $address];
        }
        return $constants + [
            'MULTISITE' => true,
            'SUBDOMAIN_INSTALL' => false,
            'DOMAIN_CURRENT_SITE' => (string) preg_replace('~^https?://~', '', $address),
            'PATH_CURRENT_SITE' => '/',
            'SITE_ID_CURRENT_SITE' => 1,
            'BLOG_ID_CURRENT_SITE' => 1,
        ];
    }
}
