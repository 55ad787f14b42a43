<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The database file is damaged. Restore a backup.
 */
final class CorruptException extends ConnectionsException
{
}
