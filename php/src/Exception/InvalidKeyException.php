<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * Key material that is no key: a wrong length, a passphrase, a loose key file, a failed command.
 */
final class InvalidKeyException extends ConnectionsException
{
}
