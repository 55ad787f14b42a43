<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store belongs to another site: this is a copy.
 */
final class SiteMismatchException extends ConnectionsException
{
}
