<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * No key was given and the key file is not there.
 */
final class MissingKeyException extends ConnectionsException
{
}
