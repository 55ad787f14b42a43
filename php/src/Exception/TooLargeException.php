<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * An input above 16 MiB, a document above 1 MiB, or a store too large for one step.
 */
final class TooLargeException extends ConnectionsException
{
}
