<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * One part of the old option.
 */
final class ImportEntry
{
    /** @var list<string> where it lay in the option */
    public readonly array $path;
    /** `connection`, `config` or `other`. */
    public readonly string $kind;
    public readonly ?string $provider;
    public readonly ?string $owner;
    public readonly ?string $account;
    public readonly ImportOutcome $outcome;
    /** The reason, for a program. */
    public readonly string $code;
    /** The reason, for a person. */
    public readonly string $why;
    /** The id of the connection or app config, where it is one; null in a dry run. */
    public readonly ?string $id;
    /** @var list<ImportMember> members that were held back */
    public readonly array $members;

    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row)
    {
        $this->path = $row['path'];
        $this->kind = $row['kind'];
        $this->provider = $row['provider'];
        $this->owner = $row['owner'];
        $this->account = $row['account'];
        $this->outcome = ImportOutcome::from($row['outcome']);
        $this->code = $row['code'];
        $this->why = $row['why'];
        $this->id = $row['id'];
        $this->members = array_map(static fn (array $member) => new ImportMember($member), $row['members']);
    }
}
