<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A defect of the library or of this package. Nothing of the call was kept.
 */
final class InternalException extends ConnectionsException
{
}
