<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\Dropin\Refusal;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Anchor;
use DataMachine\Connections\WordPress\Heads;
use DataMachine\Connections\WordPress\Host;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\SiteIdentity;
use DataMachine\Connections\WordPress\Uninstallation;

/**
 * The buttons that say whose the store is: this site's, this server's, or nobody's any more.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class Belonging
{
    public static function adopt(): Said
    {
        $adopted = self::vault()->adopt();
        self::change(static fn (Anchor $anchor): Anchor => $anchor->adopted());
        /* translators: 1: the site of before, 2: this site. */
        $text = __('The connections belong to %2$s now. They are renewed here; %1$s must not use them any more.', 'datamachine-connections');
        return Said::done(sprintf($text, $adopted->before, SiteIdentity::current()));
    }

    /**
     * Somebody put the store back, and says so.
     */
    public static function putBack(): Said
    {
        Heads::accept(self::vault());
        return Said::done(__('The store counts as it is now.', 'datamachine-connections'));
    }

    public static function thisServer(): Said
    {
        $host = Host::now(self::anchor()->store());
        self::change($host->in(...));
        /* translators: %s: name of the server. */
        return Said::done(sprintf(__('The server of the connections is %s now.', 'datamachine-connections'), $host->name));
    }

    /**
     * Lets the plugin's deletion destroy everything. The site's name has to be typed.
     */
    public static function destroy(Input $input): Said
    {
        if ($input->text('confirmation') !== SiteIdentity::current()) {
            /* translators: %s: the site's address. */
            $text = __('Nothing was changed: to allow it, type %s.', 'datamachine-connections');
            return new Said('error', sprintf($text, SiteIdentity::current()));
        }
        Uninstallation::consent();
        return new Said('warning', __('For one day, deleting the plugin destroys all connections, their key file and their history.', 'datamachine-connections'));
    }

    public static function keep(): Said
    {
        delete_site_option(Uninstallation::CONSENT);
        return Said::done(__('The connections are kept: the plugin refuses to be deleted.', 'datamachine-connections'));
    }

    /**
     * The anchor as it is now: this request's state has it as it was.
     */
    public static function anchor(): Anchor
    {
        return Anchor::read() ?? throw self::notMigrated();
    }

    /**
     * @throws \Throwable why it cannot be opened
     */
    public static function vault(): Vault
    {
        $store = Plugin::store();
        return $store === null ? throw self::notMigrated() : $store->vault();
    }

    /**
     * @param \Closure(Anchor): Anchor $change
     *
     * @throws Refusal where that was not possible
     */
    public static function change(\Closure $change): void
    {
        if (!Anchor::change($change)) {
            throw new Refusal('not_changed', __('Nothing was changed: somebody else was at it, or rolled back. Look at it, and try again.', 'datamachine-connections'));
        }
    }

    private static function notMigrated(): Refusal
    {
        return new Refusal('not_migrated', __('The connections of this site are not in a store.', 'datamachine-connections'));
    }
}
