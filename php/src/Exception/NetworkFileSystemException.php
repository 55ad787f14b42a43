<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The directory lies on a network file system, where SQLite's locks cannot be trusted.
 */
final class NetworkFileSystemException extends ConnectionsException
{
}
