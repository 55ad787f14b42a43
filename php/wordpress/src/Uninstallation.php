<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\WordPress\Migration\Progress;
use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Stub;

/**
 * What uninstall.php does. Connections are destroyed only where somebody said so on the Connections page within the
 * last day: else it stops before WordPress deletes the plugin, which is what opens them.
 */
final class Uninstallation
{
    /** When somebody said "destroy", in Unix seconds. */
    public const CONSENT = 'datamachine_connections_destroy';

    /** How long that counts, in seconds. */
    private const COUNTS = DAY_IN_SECONDS;

    /** The options of the network; further parts name theirs here. */
    private const OPTIONS = [
        Anchor::OPTION,
        Heads::OPTION,
        Cascades::PENDING,
        self::CONSENT,
        Progress::OPTION,
    ];

    /**
     * "Destroy", said now.
     */
    public static function consent(): void
    {
        update_site_option(self::CONSENT, time());
    }

    public static function hasConsent(): bool
    {
        $at = get_site_option(self::CONSENT);
        return is_numeric($at) && time() - (int) $at >= 0 && time() - (int) $at <= self::COUNTS;
    }

    public static function run(): void
    {
        if (Anchor::exists() && !self::hasConsent()) {
            // phpcs:ignore Generic.Files.LineLength -- what translators see is one text.
            $text = __('Data Machine Connections was not deleted, because it holds the accounts that this site is connected to. Activate it again; on its page, either give the accounts back to Data Machine ("roll back") or say that they are to be destroyed.', 'datamachine-connections');
            wp_die(esc_html($text), '', ['response' => 409, 'back_link' => true]);
        }
        foreach (self::places() as $place) {
            $place->destroy();
        }
        // What lies in the old option's place is ours too, unless somebody has written there since.
        if (Stub::is(get_site_option(OptionRow::OPTION))) {
            delete_site_option(OptionRow::OPTION);
        }
        array_map('delete_site_option', self::OPTIONS);
        Plugin::forgetWelcome();
        Cron::clear();
    }

    /**
     * Where something of ours lies: by the anchor, or made for a migration that was not ended.
     *
     * @return list<Place>
     */
    private static function places(): array
    {
        $paths = [];
        $migration = (array) get_site_option(Progress::OPTION);
        foreach ([get_site_option(Anchor::OPTION), $migration['anchor'] ?? null] as $stored) {
            try {
                $anchor = Anchor::fromArray($stored ?? false);
            } catch (\Throwable) {
                // Of a damaged one nobody knows what is its own.
                continue;
            }
            // A copy of the site on the same server names the site's own store: that is not the copy's to destroy.
            if ($anchor?->isOfThisSite() === true) {
                $paths[] = dirname($anchor->store());
            }
        }
        return array_map(Place::at(...), array_values(array_unique($paths)));
    }
}
