<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * Something that the vault holds and a rebuilt option does not.
 */
final class LeftOut
{
    /** `connection`, `config`, or `kept` for a piece of the old option. */
    public readonly string $kind;
    /** @var list<string>|null where it would stand, where it has a place */
    public readonly ?array $path;
    public readonly ?string $provider;
    public readonly ?string $owner;
    public readonly ?string $account;
    /** The id of the connection, app config or piece. */
    public readonly string $id;
    /** The member, where it is only one. */
    public readonly ?string $member;
    /** The reason, for a program; `grant_ended` and `connection_gone` of a delegation that allows nothing here any more. */
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
        $this->kind = $row['kind'];
        $this->path = $row['path'];
        $this->provider = $row['provider'];
        $this->owner = $row['owner'];
        $this->account = $row['account'];
        $this->id = $row['id'];
        $this->member = $row['member'];
        $this->code = $row['code'];
        $this->why = $row['why'];
    }
}
