<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A part of the old option that somebody changed, and what became of it. No secrets.
 */
final class WrittenPart
{
    /** @var list<string> where it stands in the option */
    public readonly array $path;
    public readonly WriteOutcome $outcome;
    /** The reason, for a program. */
    public readonly string $code;
    /** The reason, for a person. */
    public readonly string $why;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->path = $row['path'];
        $this->outcome = WriteOutcome::from($row['outcome']);
        $this->code = $row['code'];
        $this->why = $row['why'];
    }
}
