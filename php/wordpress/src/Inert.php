<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\WordPress\Migration\Latecomers;

/**
 * Not migrated: the site runs as before, on the option `datamachine_auth_data`. Only who manages it sees anything of
 * this plugin: what is missing, and the page on which a migration begins.
 */
final class Inert implements State
{
    public function __construct(private readonly ?Problem $problem)
    {
    }

    public function begin(): void
    {
        add_action(Migrated::STRAYS, [Latecomers::class, 'run']);
    }

    public function name(): string
    {
        return self::INERT;
    }

    public function problem(): ?Problem
    {
        return $this->problem;
    }

    public function anchor(): ?Anchor
    {
        return null;
    }

    public function store(): ?Store
    {
        return null;
    }
}
