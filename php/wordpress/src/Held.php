<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Runtime;

/**
 * Migrated, and something that is needed is missing or wrong: no connection is read or written, and nothing lands in
 * the option, until it is mended. Our classes need no FFI to stand there and say no.
 */
final class Held implements State
{
    private readonly Store $store;

    /**
     * @param Anchor|null $anchor null where that is what is damaged
     */
    public function __construct(private readonly ?Anchor $anchor, private readonly Problem $problem)
    {
        $this->store = Store::barred($problem);
    }

    public function begin(): void
    {
        Runtime::configure($this->store->open(...), null, $this->anchor?->mode);
        if ($this->anchor !== null) {
            Plugin::stand(Dropins::load($this->anchor));
        }
        Cascades::register($this->store);
        Cron::register($this->store);
    }

    public function name(): string
    {
        return self::HELD;
    }

    public function problem(): Problem
    {
        return $this->problem;
    }

    public function anchor(): ?Anchor
    {
        return $this->anchor;
    }

    public function store(): Store
    {
        return $this->store;
    }
}
