<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What a class, interface, trait or enum declares.
 *
 * @internal
 */
final class ClassShape
{
    /**
     * @param string                $form       `class`, `interface`, `trait` or `enum`, of an enum with its type
     * @param string                $name       with its namespace
     * @param list<string>          $modifiers  of `abstract`, `final` and `readonly`
     * @param string|null           $parent     with its namespace
     * @param list<string>          $interfaces likewise; of an interface those that it extends
     * @param list<string>          $traits     likewise, each with the rules that follow it
     * @param array<string, Member> $members    by key
     * @param array<string, Member> $inherited  those that it has from a parent, once assembled() was asked
     */
    public function __construct(
        public readonly string $form,
        public readonly string $name,
        public readonly array $modifiers,
        public readonly ?string $parent,
        public readonly array $interfaces,
        public readonly array $traits,
        public readonly array $members,
        public readonly array $inherited = [],
    ) {
    }

    /**
     * The same with the members of its traits and parents, as far as they are among `$parts`. Its own win.
     *
     * @param array<string, self> $parts by lower-case name
     */
    public function assembled(array $parts): self
    {
        $members = $this->members;
        foreach ($this->traits as $trait) {
            $members += self::part($trait, $parts)?->members ?? [];
        }
        $parent = self::part($this->parent ?? '', $parts);
        $inherited = $parent === null ? [] : array_filter(
            $parent->members + $parent->inherited,
            static fn (Member $member): bool => $member->visibility !== 'private'
        );
        return new self(
            $this->form,
            $this->name,
            $this->modifiers,
            $this->parent,
            $this->interfaces,
            $this->traits,
            $members,
            $inherited
        );
    }

    /**
     * @param array<string, self> $parts
     */
    private static function part(string $name, array $parts): ?self
    {
        $name = strtolower($name);
        // Each once: a class that is its own parent is for PHP to complain about.
        return ($parts[$name] ?? null)?->assembled(array_diff_key($parts, [$name => true]));
    }
}
