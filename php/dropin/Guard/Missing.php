<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * One thing that their file declares and ours does not, or not so that it could stand in.
 */
final class Missing
{
    /**
     * @param string $name as it is declared, with its class: `Space\Name::method`, `Space\Name::$property`
     * @param string $why  half a sentence for a person
     */
    public function __construct(
        public readonly Kind $kind,
        public readonly string $name,
        public readonly string $why,
    ) {
    }

    /** A line for a person. */
    public function text(): string
    {
        return rtrim("{$this->kind->value} {$this->name}") . ": {$this->why}";
    }
}
