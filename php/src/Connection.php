<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A connection with its document.
 */
final class Connection extends ConnectionInfo
{
    /**
     * @internal
     *
     * @param array<string, mixed> $row as the library gives it
     */
    public function __construct(array $row, public readonly Document $document)
    {
        parent::__construct($row);
    }
}
