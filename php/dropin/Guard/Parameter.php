<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * A parameter as it is declared.
 *
 * @internal
 */
final class Parameter
{
    /**
     * @param string       $name     with its dollar
     * @param string       $type     in one form, see Names::type(); empty where there is none
     * @param list<string> $promoted the modifiers that make it a property too; empty where it is none
     */
    public function __construct(
        public readonly string $name,
        public readonly string $type,
        public readonly bool $optional,
        public readonly bool $byReference,
        public readonly bool $variadic,
        public readonly array $promoted = [],
    ) {
    }
}
