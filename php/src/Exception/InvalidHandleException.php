<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * Something was used after it was closed.
 */
final class InvalidHandleException extends ConnectionsException
{
}
