<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * None of the keys given opens this store; the detail's `keys` names those that would.
 */
final class WrongKeyException extends ConnectionsException
{
}
