<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * No space is left. Nothing of the call was kept.
 */
final class DiskFullException extends ConnectionsException
{
}
