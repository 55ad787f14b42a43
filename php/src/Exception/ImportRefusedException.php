<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The old option is not one: malformed, hostile, too deep or too large. Nothing was imported.
 */
final class ImportRefusedException extends ConnectionsException
{
}
