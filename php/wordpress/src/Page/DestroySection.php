<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Page;

use DataMachine\Connections\WordPress\SiteIdentity;
use DataMachine\Connections\WordPress\Uninstallation;

/**
 * What is asked before the plugin's deletion may destroy connections.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 *
 * @internal
 */
final class DestroySection
{
    /**
     * @param int|null $connections how many there are; null where nobody can tell
     * @param bool     $copy        whether they are another site's
     */
    public static function show(?int $connections, bool $copy = false): Html
    {
        return Html::all(
            Parts::heading(__('Delete the plugin', 'datamachine-connections')),
            $copy
                ? Parts::text(__('This site is a copy, so deleting the plugin here leaves the store alone, and only forgets where it is. All the same it has to be allowed.', 'datamachine-connections'))
                : Html::all(),
            Uninstallation::hasConsent() ? self::said() : self::ask($connections)
        );
    }

    private static function said(): Html
    {
        $until = (int) get_site_option(Uninstallation::CONSENT) + DAY_IN_SECONDS;
        /* translators: %s: a time. */
        $text = __('Until %s, deleting the plugin on the Plugins page destroys all connections, their key file and their history.', 'datamachine-connections');
        return Html::all(
            Parts::notice('warning', sprintf($text, Words::time($until))),
            Parts::form('keep', __('Keep the connections', 'datamachine-connections'), class: 'primary')
        );
    }

    private static function ask(?int $connections): Html
    {
        $id = 'datamachine_connections_confirmation';
        $site = SiteIdentity::current();
        $text = $connections === null
            ? __('The plugin refuses to be deleted while it holds connections. If they are of no use any more, you can allow it here for a day.', 'datamachine-connections')
            /* translators: %d: a number. */
            : sprintf(__('The plugin refuses to be deleted while it holds connections, and it holds so many accounts: %d. To keep them, roll back first. To have them destroyed, you can allow it here for a day.', 'datamachine-connections'), $connections);
        /* translators: %s: the site's address. */
        $label = sprintf(__('To allow it, type the site\'s name, %s:', 'datamachine-connections'), $site);
        $field = ['type' => 'text', 'name' => 'confirmation', 'id' => $id, 'required' => true, 'autocomplete' => 'off'];
        return Parts::details(
            __('Have all connections destroyed when the plugin is deleted …', 'datamachine-connections'),
            Parts::text($text),
            Parts::text(__('Destroyed is destroyed: the accounts have to be connected again at each provider, which does not learn of it here.', 'datamachine-connections')),
            Parts::form(
                'destroy',
                __('Allow destruction for one day', 'datamachine-connections'),
                [],
                'link-delete',
                '',
                Parts::text(
                    Html::tag('label', ['for' => $id], $label),
                    ' ',
                    Html::tag('input', $field + ['class' => 'regular-text'])
                )
            )
        );
    }
}
