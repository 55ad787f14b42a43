<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Renewal;
use DataMachine\Connections\Event;
use DataMachine\Connections\Vault;
use DataMachine\Connections\WordPress\Migration\Strays;
use DataMachine\Core\OAuth\BaseOAuth2Provider;

/**
 * What is done hourly: the audit's heads are kept outside the store, events told, tokens renewed that are due; and what
 * landed in the old option is taken over.
 */
final class Cron
{
    /** How events are read. */
    public const CONSUMER = 'wordpress';

    /** After how many seconds no more renewals are begun. */
    private const RENEWING = 20;

    /**
     * Plans it, where it is not: on a network by its main blog, which is where all of them would look.
     */
    public static function plan(): void
    {
        if (is_main_site() && !wp_next_scheduled(Migrated::HOURLY)) {
            wp_schedule_event(time() + HOUR_IN_SECONDS, 'hourly', Migrated::HOURLY);
        }
    }

    public static function clear(): void
    {
        wp_clear_scheduled_hook(Migrated::HOURLY);
        // All of them, whatever they carry.
        wp_unschedule_hook(Migrated::STRAYS);
    }

    /**
     * Each part by itself: none keeps the others from being done.
     */
    public static function run(): void
    {
        $store = Plugin::store();
        if ($store === null) {
            return;
        }
        $problem = $store->problem();
        if ($problem !== null) {
            Plugin::log($problem);
            return;
        }
        $parts = [Strays::run(...), Cascades::catchUp(...), self::heads(...), self::events(...), self::renewals(...)];
        // The other site does this itself, and its events are its own.
        if ($store->vault()->info()->clone) {
            $parts = [self::heads(...)];
        }
        foreach ($parts as $part) {
            Plugin::attempt(static fn () => $part($store->vault()));
        }
    }

    private static function heads(Vault $vault): void
    {
        if (!Heads::keep($vault)) {
            Plugin::log(new Problem(Problem::PUT_BACK));
        }
    }

    private static function events(Vault $vault): void
    {
        $vault->events(
            self::CONSUMER,
            static function (Event $event): void {
                // An error of one who listens keeps nobody else from hearing what comes after.
                Plugin::attempt(static fn () => do_action('datamachine_connections_event', $event));
            },
            missed: static fn () => do_action('datamachine_connections_events_missed'),
        );
    }

    private static function renewals(Vault $vault): void
    {
        if (Plugin::dropins()?->stand() !== true) {
            return;
        }
        $providers = self::providers();
        $until = microtime(true) + self::RENEWING;
        do {
            $due = $vault->refreshDue();
            foreach ($due as $row) {
                $provider = microtime(true) < $until ? $providers[$row->provider] ?? null : null;
                if ($provider !== null) {
                    Plugin::attempt(static fn () => Renewal::of($provider, $row->owner, $row->account));
                }
            }
        } while ($due->more && microtime(true) < $until);
    }

    /**
     * @return array<string, BaseOAuth2Provider> by slug
     */
    private static function providers(): array
    {
        $registered = apply_filters('datamachine_auth_providers', []);
        $providers = [];
        foreach (is_array($registered) ? $registered : [] as $provider) {
            if ($provider instanceof BaseOAuth2Provider) {
                $providers[$provider->get_provider_slug()] = $provider;
            }
        }
        return $providers;
    }
}
