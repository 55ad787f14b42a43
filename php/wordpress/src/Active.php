<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\WordPress\Window\OptionRow;
use DataMachine\Connections\WordPress\Window\Served;
use DataMachine\Connections\WordPress\Window\Window;

/**
 * Migrated, and nothing stands in the way that could be seen without opening the store: that is opened by who first
 * needs it. Where it cannot be, everything behaves as where it is held.
 */
final class Active extends Migrated
{
    public function __construct(Anchor $anchor)
    {
        parent::__construct($anchor, Store::of($anchor));
    }

    public function begin(): void
    {
        parent::begin();
        // A page of the admin tells whether the store opens; a visitor's need not know.
        add_action('admin_init', $this->look(...), 0);
    }

    public function name(): string
    {
        return self::ACTIVE;
    }

    public function problem(): ?Problem
    {
        return null;
    }

    // Not Window: to see that it is one, PHP would load both in each request.
    protected function window(): Served
    {
        return new Window(new OptionRow());
    }

    private function look(): void
    {
        Plugin::attempt(function (): void {
            $anchor = $this->anchor();
            $problem = $this->store()->problem();
            if ($anchor === null || $problem !== null) {
                Plugin::hold($problem);
                return;
            }
            $anchor->replace($anchor->asOfNow());
        });
    }
}
