<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A later version of the library wrote this store; this one is too old for it.
 */
final class StoreNewerException extends ConnectionsException
{
}
