<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

/**
 * What the plugin is on this site: inert before a migration, then active, or held where something is missing.
 */
interface State
{
    public const INERT = 'inert';
    public const ACTIVE = 'active';
    public const HELD = 'held';

    /**
     * Hooks what this state hooks. Once, while plugins are loaded; nothing is opened.
     */
    public function begin(): void;

    /** One of the names above. */
    public function name(): string;

    /** What stands in the way, as far as it is known without opening the store; null for nothing. */
    public function problem(): ?Problem;

    /** The anchor; null where the site was not migrated. */
    public function anchor(): ?Anchor;

    /** The store; null where the site was not migrated. */
    public function store(): ?Store;
}
