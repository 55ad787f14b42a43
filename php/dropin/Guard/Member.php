<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * A constant, property or method as it is declared, or a function.
 *
 * @internal
 */
final class Member
{
    /**
     * @param string          $name       with a property's dollar
     * @param string          $visibility `public`, `protected` or `private`
     * @param string          $type       of a property, or what a method returns, in one form; empty without one
     * @param list<string>    $modifiers  further ones, of `static`, `abstract`, `final`, `readonly`, `case` and `&`
     * @param list<Parameter> $parameters
     */
    public function __construct(
        public readonly Kind $kind,
        public readonly string $name,
        public readonly string $visibility,
        public readonly array $modifiers,
        public readonly string $type = '',
        public readonly array $parameters = [],
    ) {
    }

    public function is(string $modifier): bool
    {
        return in_array($modifier, $this->modifiers, true);
    }

    /** The names of methods and functions do not tell upper from lower case. */
    public function key(): string
    {
        $caseless = in_array($this->kind, [Kind::Method, Kind::FunctionName], true);
        return $this->kind->value . ' ' . ($caseless ? strtolower($this->name) : $this->name);
    }
}
