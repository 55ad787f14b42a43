<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * A document that is not a JSON object, has duplicate keys, invalid UTF-8 or more than 64 levels.
 */
final class InvalidDocumentException extends ConnectionsException
{
}
