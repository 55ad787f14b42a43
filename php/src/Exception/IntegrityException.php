<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A row was changed by something that is not the library. It is not handed out.
 */
final class IntegrityException extends ConnectionsException
{
}
