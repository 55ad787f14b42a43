<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\Window;

/**
 * The hooks by which WordPress lets an option be served: it asks before it reads, hands over what it is about to write,
 * and tells before it deletes.
 *
 * Each of these has a form for network options; on a single site these end in the plain option, which some code names
 * directly. On a network the plain options of its blogs are none of ours: Data Machine's uninstall deletes one in each.
 *
 * @internal
 *
 * @SuppressWarnings(PHPMD.UnusedFormalParameter) WordPress says how many there are
 */
final class Hooks
{
    private const OPTION = 'datamachine_auth_data';

    /**
     * Hooks in, last to be asked what is written, so that other filters have had their say. Most requests never come
     * to the option: what serves it is only made when one does.
     *
     * @param \Closure(): Served $make
     */
    public static function register(\Closure $make): void
    {
        $get = static function () use ($make): Served {
            static $served = null;
            return $served ??= $make();
        };
        self::network(self::OPTION, $get);
        if (!is_multisite()) {
            self::plain(self::OPTION, $get);
        }
    }

    /**
     * @param \Closure(): Served $served
     */
    private static function network(string $option, \Closure $served): void
    {
        add_filter(
            "pre_site_option_{$option}",
            static fn ($before, $name, $network, $default = false) => $served()->readOfNetwork($default, $network),
            PHP_INT_MAX,
            4
        );
        add_filter(
            "pre_update_site_option_{$option}",
            static fn (#[\SensitiveParameter] $value, #[\SensitiveParameter] $old, $name, $network)
                => $served()->writtenToNetwork($value, $old, $network),
            PHP_INT_MAX,
            4
        );
        add_filter(
            "pre_add_site_option_{$option}",
            static fn (#[\SensitiveParameter] $value) => $served()->added($value),
            PHP_INT_MIN
        );
        add_action(
            "pre_delete_site_option_{$option}",
            static fn ($name, $network) => $served()->deletedOfNetwork($network),
            PHP_INT_MAX,
            2
        );
        add_action("delete_site_option_{$option}", static fn () => $served()->deleted());
    }

    /**
     * @param \Closure(): Served $served
     */
    private static function plain(string $option, \Closure $served): void
    {
        add_filter(
            "pre_option_{$option}",
            static fn ($before, $name, $default = false) => $served()->read($default),
            PHP_INT_MAX,
            3
        );
        add_filter(
            "sanitize_option_{$option}",
            static fn (#[\SensitiveParameter] $value) => $served()->sanitised($value),
            PHP_INT_MAX
        );
        add_filter(
            "pre_update_option_{$option}",
            static fn (#[\SensitiveParameter] $value, #[\SensitiveParameter] $old) => $served()->written($value, $old),
            PHP_INT_MAX,
            2
        );
        add_action(
            'delete_option',
            static function ($name) use ($option, $served): void {
                $name === $option && $served()->deletedPlain();
            },
            PHP_INT_MAX
        );
        add_action("delete_option_{$option}", static fn () => $served()->deleted());
        // Data Machine's uninstall deletes the plain option, of which nobody is told where there is no row.
        add_action('pre_uninstall_plugin', static fn () => $served()->ensure());
    }
}
