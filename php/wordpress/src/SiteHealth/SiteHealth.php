<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress\SiteHealth;

use DataMachine\Connections\WordPress\KeySource;
use DataMachine\Connections\WordPress\Place;
use DataMachine\Connections\WordPress\Plugin;
use DataMachine\Connections\WordPress\Problem;
use DataMachine\Connections\WordPress\Requirements;
use DataMachine\Connections\WordPress\State;
use DataMachine\Connections\WordPress\Window\OptionRow;

/**
 * What the plugin adds to WordPress's Site Health: its tests, and its part of the debug information.
 *
 * phpcs:disable Generic.Files.LineLength -- what translators see is one text each.
 */
final class SiteHealth
{
    private const PREFIX = 'datamachine_connections_';
    /**
     * The test that asks the web server, which takes its time: Site Health runs it by itself. Its script makes the
     * action's name of this by replacing the first underscore, so there is none.
     */
    private const SERVED = 'datamachine-connections-served';

    /**
     * In the admin. The filters are there in every request, see Plugin::boot().
     */
    public static function register(): void
    {
        add_action('wp_ajax_health-check-' . self::SERVED, [self::class, 'answer']);
    }

    /**
     * @internal for the filter
     *
     * @param array<string, array<string, mixed>> $tests
     *
     * @return array<string, array<string, mixed>>
     */
    public static function tests(array $tests): array
    {
        foreach (self::looks() as $name => $look) {
            $test = self::PREFIX . $name;
            $tests['direct'][$test] = [
                'label' => __('Connections', 'datamachine-connections'),
                'test' => static fn (): array => self::attempt($test, $look),
            ];
        }
        if (self::place()?->url() !== null) {
            $tests['async'][self::SERVED] = [
                'label' => __('Connections', 'datamachine-connections'),
                'test' => self::SERVED,
                'async_direct_test' => [self::class, 'served'],
            ];
        }
        return $tests;
    }

    /**
     * For Site Health's page.
     *
     * @internal
     */
    public static function answer(): never
    {
        check_ajax_referer('health-check-site-status');
        if (!current_user_can('view_site_health_checks')) {
            wp_send_json_error();
        }
        wp_send_json_success(self::served());
    }

    /**
     * @internal
     *
     * @return array<string, mixed>
     */
    public static function served(): array
    {
        return self::attempt(self::SERVED, static function (): Finding {
            $place = self::place();
            return ($place === null ? null : Served::look($place)) ?? Looks::place($place ?? Place::propose());
        });
    }

    /**
     * What is looked at in this state.
     *
     * @return array<string, \Closure(): Finding>
     */
    private static function looks(): array
    {
        $state = Plugin::state();
        [$anchor, $store] = [$state->anchor(), $state->store()];
        if ($anchor === null || $store === null) {
            return $state->name() === State::HELD
                ? ['store' => static fn (): Finding => Finding::problem($state->problem() ?? new Problem(Problem::STORE_MISSING, ['?']))]
                : ['requirements' => static fn (): Finding => Looks::requirements(false)];
        }
        $looks = [
            'requirements' => static fn (): Finding => Looks::requirements(true),
            'place' => static fn (): Finding => Looks::place(self::place() ?? Place::of($anchor)),
            'key' => static fn (): Finding => Looks::key(KeySource::look($anchor->keyFile()), true),
            'mode' => static fn (): Finding => Looks::mode($anchor->mode),
            'option' => static fn (): Finding => Looks::option(new OptionRow()),
            'classes' => static fn (): Finding => Looks::classes(Plugin::dropins()),
            'hourly' => static fn (): Finding => Looks::hourly($anchor),
        ];
        // What keeps PHP from the library keeps it from the store: once is enough.
        if (Requirements::ofPhp() === null) {
            $looks = ['store' => static fn (): Finding => Looks::store($store)] + $looks;
        }
        if ($state->problem() !== null || $store->problem() !== null) {
            $looks = array_intersect_key($looks, ['store' => 1, 'requirements' => 1, 'place' => 1, 'option' => 1]);
        }
        return $looks;
    }

    private static function place(): ?Place
    {
        $anchor = Plugin::state()->anchor();
        return $anchor === null ? null : Place::of($anchor);
    }

    /**
     * @param \Closure(): Finding $look
     *
     * @return array<string, mixed>
     */
    private static function attempt(string $test, \Closure $look): array
    {
        try {
            return $look()->toArray($test);
        } catch (\Throwable $thrown) {
            $problem = Problem::of($thrown);
            Plugin::log($problem);
            $label = __('Something about the connections could not be looked at', 'datamachine-connections');
            return (new Finding(Finding::RECOMMENDED, $label, $problem->message(), $problem->lines()))->toArray($test);
        }
    }
}
