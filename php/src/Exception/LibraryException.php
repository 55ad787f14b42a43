<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The library itself cannot be used: no call reached it. Its kinds say what to install or to set.
 */
abstract class LibraryException extends ConnectionsException
{
}
