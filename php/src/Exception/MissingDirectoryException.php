<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The directory of the store is not there and cannot be made.
 */
final class MissingDirectoryException extends ConnectionsException
{
}
