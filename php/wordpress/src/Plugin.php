<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\WordPress\Migration\Migration;
use DataMachine\Connections\WordPress\Page\Said;
use DataMachine\Connections\WordPress\Page\Screen;
use DataMachine\Connections\WordPress\SiteHealth\DebugInformation;
use DataMachine\Connections\WordPress\SiteHealth\SiteHealth;

/**
 * Finds out in which state the site is, and begins it. Nothing of this ends a request: whatever goes wrong is a Problem
 * of the state that is left.
 */
final class Plugin
{
    /** The slug of the page in the admin, and of the text domain. */
    public const PAGE = 'datamachine-connections';

    /** Who was just here to activate it is led to the page once. */
    private const WELCOME = 'datamachine_connections_welcome';

    private static string $file = '';
    private static ?State $state = null;
    private static ?Dropins $dropins = null;
    /** @var array<string, true> */
    private static array $logged = [];

    /**
     * @param string $file the plugin's main file
     */
    public static function boot(string $file): void
    {
        self::$file = $file;
        // Of all plugins: which is ours is asked where one is, and not in each request.
        add_action('activated_plugin', [self::class, 'activated'], 10, 1);
        add_action('deactivated_plugin', [self::class, 'deactivated'], 10, 1);
        self::begin(self::look());
        // By their names: of what a visitor does not call, nothing is loaded.
        add_filter('site_status_tests', [SiteHealth::class, 'tests']);
        add_filter('debug_information', [DebugInformation::class, 'add']);
        if (is_admin()) {
            add_action('admin_init', [self::class, 'welcome']);
            Notices::register();
            Screen::register();
            SiteHealth::register();
        }
    }

    /**
     * The state of this request.
     */
    public static function state(): State
    {
        return self::$state ?? new Inert(null);
    }

    /**
     * The store; null where the site was not migrated.
     */
    public static function store(): ?Store
    {
        return self::state()->store();
    }

    /**
     * Whether our classes stand in for Data Machine's, and why not; null where that was not asked.
     */
    public static function dropins(): ?Dropins
    {
        return self::$dropins;
    }

    /**
     * @internal
     */
    public static function stand(Dropins $dropins): void
    {
        self::$dropins = $dropins;
    }

    /**
     * What was seen when the store was opened: from now on the state is said to be held, as it behaves already.
     *
     * @internal
     */
    public static function hold(?Problem $problem): void
    {
        if ($problem !== null) {
            self::$state = new Held(self::state()->anchor(), $problem);
        }
    }

    /**
     * The plugin's main file.
     */
    public static function file(): string
    {
        return self::$file;
    }

    /**
     * Who may see and change what this plugin shows.
     */
    public static function capability(): string
    {
        return is_multisite() ? 'manage_network_options' : 'manage_options';
    }

    /**
     * The address of its page.
     */
    public static function page(): string
    {
        return is_multisite()
            ? network_admin_url('settings.php?page=' . self::PAGE)
            : admin_url('tools.php?page=' . self::PAGE);
    }

    /**
     * Does something that must not end the request; what it throws is logged.
     *
     * @return bool whether it was done
     */
    public static function attempt(\Closure $do): bool
    {
        try {
            $do();
            return true;
        } catch (\Throwable $thrown) {
            self::log(Problem::of($thrown));
            return false;
        }
    }

    /**
     * Writes a problem to Data Machine's log, and to PHP's: once per request.
     */
    public static function log(Problem $problem): void
    {
        $once = "{$problem->code} {$problem->message()}";
        if (isset(self::$logged[$once])) {
            return;
        }
        self::$logged[$once] = true;
        error_log("Data Machine Connections: {$problem->code}: {$problem->message()}");
        try {
            do_action('datamachine_log', 'error', 'Connections: ' . $problem->message(), ['reason' => $problem->code]);
        } catch (\Throwable) {
            // A log that cannot be written to is no reason to stop.
        }
    }

    /**
     * Makes nothing but the anchor's empty row: the next request of who did it goes on, in welcome().
     */
    public static function activated(mixed $plugin): void
    {
        if ($plugin !== plugin_basename(self::$file)) {
            return;
        }
        Anchor::begin();
        set_site_transient(self::WELCOME, get_current_user_id(), 300);
    }

    /**
     * Everything stays as it is, the store and the anchor too; only nothing is planned any more.
     */
    public static function deactivated(mixed $plugin): void
    {
        if ($plugin !== plugin_basename(self::$file)) {
            return;
        }
        self::forgetWelcome();
        Cron::clear();
    }

    /**
     * @internal
     */
    public static function forgetWelcome(): void
    {
        delete_site_transient(self::WELCOME);
        Said::forget();
    }

    /**
     * Leads who activated the plugin to its page, once. There they see what would be moved, where nothing is missing.
     */
    public static function welcome(): void
    {
        $for = wp_doing_ajax() ? false : get_site_transient(self::WELCOME);
        if ($for === false || (int) $for !== get_current_user_id() || !current_user_can(self::capability())) {
            return;
        }
        delete_site_transient(self::WELCOME);
        self::attempt(Migration::offer(...));
        // phpcs:ignore WordPress.Security.NonceVerification -- nothing is done.
        if (!isset($_GET['activate-multi'])) {
            wp_safe_redirect(self::page());
            exit;
        }
    }

    private static function look(): State
    {
        try {
            $anchor = Anchor::read();
        } catch (\Throwable $damaged) {
            return new Held(null, new Problem(Problem::ANCHOR_DAMAGED, [Anchor::OPTION, $damaged->getMessage()]));
        }
        try {
            if ($anchor === null) {
                return new Inert(self::isOnAllBlogs() ? null : new Problem(Problem::NOT_ON_NETWORK));
            }
            $problem = Requirements::ofPhp() ?? Requirements::of($anchor);
            return $problem === null ? new Active($anchor) : new Held($anchor, $problem);
        } catch (\Throwable $thrown) {
            return $anchor === null ? new Inert(Problem::of($thrown)) : new Held($anchor, Problem::of($thrown));
        }
    }

    private static function begin(State $state): void
    {
        self::$state = $state;
        try {
            $state->begin();
        } catch (\Throwable $thrown) {
            $problem = Problem::of($thrown);
            self::log($problem);
            if ($state->name() === State::ACTIVE) {
                self::begin(new Held($state->anchor(), $problem));
            }
        }
    }

    /**
     * Whether all blogs of a network have it; that of a must-use plugin is the site's own doing.
     */
    private static function isOnAllBlogs(): bool
    {
        if (!is_multisite() || did_action('muplugins_loaded') === 0) {
            return true;
        }
        $active = (array) get_site_option('active_sitewide_plugins', []);
        return isset($active[plugin_basename(self::$file)]);
    }
}
