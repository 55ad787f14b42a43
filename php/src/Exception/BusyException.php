<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * Others held the store for longer than the caller's patience. Try again.
 */
final class BusyException extends ConnectionsException
{
}
