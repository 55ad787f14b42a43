<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The directory belongs to another system user; `mend()` is the line to type.
 */
final class WrongUserException extends ConnectionsException
{
}
