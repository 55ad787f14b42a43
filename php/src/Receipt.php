<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a deletion came to.
 */
class Receipt
{
    /** False where there was nothing to delete, which is no error. */
    public readonly bool $deleted;
    public readonly ?string $id;
    /** How many grants that named it ended with it. */
    public readonly int $grants;
    /** For a person: what is gone, and what older backups still hold. */
    public readonly string $note;

    /**
     * @internal
     *
     * @param array<string, mixed> $result as the library gives it
     */
    public function __construct(array $result)
    {
        $this->deleted = $result['deleted'];
        $this->id = $result['id'];
        $this->grants = $result['grants'];
        $this->note = $result['note'];
    }
}
