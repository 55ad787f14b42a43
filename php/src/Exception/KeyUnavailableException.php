<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store is open, but this row is sealed under a key that was not given; or an old envelope under another salt.
 */
final class KeyUnavailableException extends ConnectionsException
{
}
