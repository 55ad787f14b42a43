<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A member of an account or app config that could not be imported with it; or a delegation, and what became of it.
 */
final class ImportMember
{
    /** Of a delegation the owner, the account and the agent: `user:2 > desk > agent:5`. */
    public readonly string $name;
    public readonly ImportOutcome $outcome;
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
        $this->name = $row['name'];
        $this->outcome = ImportOutcome::from($row['outcome']);
        $this->code = $row['code'];
        $this->why = $row['why'];
    }
}
