<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The system reported an input or output error.
 */
final class InputOutputException extends ConnectionsException
{
}
