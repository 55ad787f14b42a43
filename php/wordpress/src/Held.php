<?php

declare(strict_types=1);

namespace DataMachine\Connections\WordPress;

use DataMachine\Connections\WordPress\Window\HeldWindow;
use DataMachine\Connections\WordPress\Window\OptionRow;

/**
 * Migrated, and something that is needed is missing or wrong: no connection is read or written, and nothing lands in
 * the option, until it is mended. Our classes need no FFI to stand there and say no.
 */
final class Held extends Migrated
{
    /**
     * @param Anchor|null $anchor null where that is what is damaged
     */
    public function __construct(?Anchor $anchor, private readonly Problem $problem)
    {
        parent::__construct($anchor, Store::barred($problem));
    }

    public function name(): string
    {
        return self::HELD;
    }

    public function problem(): Problem
    {
        return $this->problem;
    }

    protected function window(): HeldWindow
    {
        return new HeldWindow(new OptionRow(), $this->problem);
    }
}
