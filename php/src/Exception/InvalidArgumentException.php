<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * An argument is missing, malformed or out of its bounds; the detail's `argument` names it.
 */
final class InvalidArgumentException extends ConnectionsException
{
}
