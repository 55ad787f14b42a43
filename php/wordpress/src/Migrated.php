<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Runtime;
use DataMachine\Connections\WordPress\Migration\Strays;
use DataMachine\Connections\WordPress\Window\Hooks;
use DataMachine\Connections\WordPress\Window\Served;

/**
 * What a migrated site does, whether its store opens or not.
 */
abstract class Migrated implements State
{
    /** Events of WP-Cron, whose classes a request that runs none of them does not load. */
    public const HOURLY = 'datamachine_connections_hourly';
    public const STRAYS = 'datamachine_connections_strays';

    /** By their names: of what a request does not call, nothing is loaded. */
    private const HOOKS = [
        'deleted_user' => [Cascades::class, 'userGone'],
        'remove_user_from_blog' => [Cascades::class, 'userLeaves'],
        'wp_delete_site' => [Cascades::class, 'blogGone'],
        'datamachine_agent_deleted' => [Cascades::class, 'agentGone'],
        self::HOURLY => [Cron::class, 'run'],
        self::STRAYS => [Strays::class, 'run'],
    ];

    protected function __construct(private readonly ?Anchor $anchor, private readonly Store $store)
    {
    }

    public function begin(): void
    {
        Runtime::configure($this->store->open(...), null, $this->anchor?->mode);
        if ($this->anchor !== null) {
            Plugin::stand(Dropins::load($this->anchor));
        }
        foreach (self::HOOKS as $hook => $callback) {
            add_action($hook, $callback, 10, 1);
        }
        add_action('admin_init', [Cron::class, 'plan']);
        Hooks::register($this->window(...));
    }

    /** What serves the old option. */
    abstract protected function window(): Served;

    public function anchor(): ?Anchor
    {
        return $this->anchor;
    }

    public function store(): Store
    {
        return $this->store;
    }
}
