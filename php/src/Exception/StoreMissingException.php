<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A store was expected here and there is none. None is made in its place.
 */
final class StoreMissingException extends ConnectionsException
{
}
