<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\Dropin\Runtime;

/**
 * Migrated, and nothing stands in the way that could be seen without opening the store: that is opened by who first
 * needs it. Where it cannot be, everything behaves as where it is held.
 */
final class Active implements State
{
    private readonly Store $store;

    public function __construct(private readonly Anchor $anchor)
    {
        $this->store = Store::of($anchor);
    }

    public function begin(): void
    {
        Runtime::configure($this->store->open(...), null, $this->anchor->mode);
        Plugin::stand(Dropins::load($this->anchor));
        Cascades::register($this->store);
        Cron::register($this->store);
        // A page of the admin tells whether the store opens; a visitor's need not know.
        add_action('admin_init', $this->look(...));
    }

    public function name(): string
    {
        return self::ACTIVE;
    }

    public function problem(): ?Problem
    {
        return null;
    }

    public function anchor(): Anchor
    {
        return $this->anchor;
    }

    public function store(): Store
    {
        return $this->store;
    }

    /**
     * Brings the anchor up to date with this server, where it still is the anchor's.
     */
    private function look(): void
    {
        Plugin::attempt(function (): void {
            if ($this->store->problem() !== null) {
                return;
            }
            $path = Requirements::store($this->anchor);
            $keyFile = Requirements::keyFile($this->anchor);
            $key = KeySource::look($keyFile);
            $now = Host::now($path)->in($this->anchor)->with(path: $path, key: $key->kind, keyFile: $keyFile);
            if ($now->toArray() !== $this->anchor->toArray()) {
                $this->anchor->replace($now);
            }
        });
    }
}
