<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\Migration\Strays;
use DataMachine\Connections\WordPress\Notices;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\State;

/**
 * The page Tools → Connections; of a network, Settings → Connections in its own admin.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 */
final class Screen
{
    /** What was said to who is here; taken before the page is written. */
    private static ?Said $said = null;
    /** What landed in the option past the vault, and was taken over on this very request. */
    private static ?Said $strays = null;

    public static function register(): void
    {
        add_action(is_multisite() ? 'network_admin_menu' : 'admin_menu', [self::class, 'menu']);
    }

    /**
     * @internal
     */
    public static function menu(): void
    {
        $hook = add_submenu_page(
            is_multisite() ? 'settings.php' : 'tools.php',
            __('Connections', 'datamachine-connections'),
            __('Connections', 'datamachine-connections'),
            Plugin::capability(),
            Plugin::PAGE,
            [self::class, 'show']
        );
        if ($hook !== false) {
            add_action("load-{$hook}", [self::class, 'load']);
        }
    }

    /**
     * Before anything is written.
     *
     * @internal
     */
    public static function load(): void
    {
        Actions::handle();
        self::$said = Said::take();
        self::lookForStrays();
        // The page itself says all that the notice would.
        foreach (['admin_notices', 'network_admin_notices'] as $hook) {
            remove_action($hook, [Notices::class, 'show']);
        }
    }

    /**
     * @internal
     */
    public static function show(): void
    {
        try {
            $page = self::page();
        } catch (\Throwable $thrown) {
            $problem = Problem::of($thrown);
            Plugin::log($problem);
            $page = Parts::problem($problem);
        }
        echo Html::tag(
            'div',
            ['class' => 'wrap'],
            Parts::heading(__('Connections', 'datamachine-connections'), 1),
            self::told(self::$said),
            self::told(self::$strays),
            $page
        );
    }

    private static function page(): Html
    {
        $state = Plugin::state();
        if ($state->name() === State::INERT) {
            return InertView::show($state->problem(), self::$said?->kind === 'error');
        }
        $problem = $state->problem() ?? $state->store()?->problem();
        if ($problem !== null) {
            return HeldView::show($problem, $state->anchor());
        }
        // phpcs:ignore WordPress.Security.NonceVerification -- nothing is done.
        return match ($_GET['step'] ?? '') {
            'roll-back' => RollbackView::show(),
            default => ActiveView::show(),
        };
    }

    private static function lookForStrays(): void
    {
        if (Plugin::state()->name() !== State::ACTIVE || Plugin::store()?->problem() !== null) {
            return;
        }
        Plugin::attempt(static function (): void {
            $places = (new Strays())->take();
            if ($places !== []) {
                /* translators: %s: places such as "reddit/account". */
                $text = __('Something had been saved into Data Machine\'s option past this plugin, and was taken over into the store just now: %s', 'datamachine-connections');
                self::$strays = new Said('info', sprintf($text, implode(', ', $places)));
            }
        });
    }

    private static function told(?Said $said): Html
    {
        return $said === null ? Html::all() : Parts::notice($said->kind, $said->text, $said->lines);
    }
}
