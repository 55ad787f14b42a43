<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * What a file declares.
 *
 * @internal
 */
final class FileShape
{
    /**
     * @param array<string, ClassShape> $classes    by lower-case name
     * @param array<string, Member>     $functions  by key
     * @param list<string>              $constants  with their namespace
     * @param list<string>              $statements that run when the file is loaded
     */
    public function __construct(
        public readonly array $classes,
        public readonly array $functions,
        public readonly array $constants,
        public readonly array $statements,
    ) {
    }

    /**
     * The same, each class with what it has from the classes of other files.
     *
     * @param list<self> $others
     */
    public function assembled(array $others): self
    {
        $parts = array_merge(...array_map(static fn (self $other) => $other->classes, $others), ...[$this->classes]);
        $classes = array_map(static fn (ClassShape $class) => $class->assembled($parts), $this->classes);
        return new self($classes, $this->functions, $this->constants, $this->statements);
    }
}
