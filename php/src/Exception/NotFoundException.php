<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * There is no such connection or app config.
 */
final class NotFoundException extends ConnectionsException
{
}
