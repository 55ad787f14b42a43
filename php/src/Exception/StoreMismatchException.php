<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store's id is not the one that was expected.
 */
final class StoreMismatchException extends ConnectionsException
{
}
