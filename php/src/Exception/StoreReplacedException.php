<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store's file was replaced by another store while it was open.
 */
final class StoreReplacedException extends ConnectionsException
{
}
