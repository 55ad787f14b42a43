<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A status that may not follow the present one.
 */
final class InvalidTransitionException extends ConnectionsException
{
}
