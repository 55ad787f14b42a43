<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A file or directory of the store is open to others; `mend()` is the line to type.
 */
final class PermissionsException extends ConnectionsException
{
}
