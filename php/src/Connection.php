<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;

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

    /**
     * A connection as the store has it; null where there is none.
     *
     * @internal
     *
     * @param array{string, string, string} $row provider, owner and account
     */
    public static function read(Handle $store, array $row): ?self
    {
        $found = Library::find('dm_conn_get', [$store, ...$row], 2);
        return $found === null ? null : new self(Json::decode($found[1]), Document::fromJson($found[0]));
    }
}
