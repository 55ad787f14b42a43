<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The file at the store's place is not a store of this library.
 */
final class NotAStoreException extends ConnectionsException
{
}
