<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * A file that cannot be read, or not understood. The message names the file and says why.
 *
 * @internal
 */
final class Unreadable extends \RuntimeException
{
}
