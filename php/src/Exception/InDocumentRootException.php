<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store or its key would lie inside the document root, where a web server might serve it.
 */
final class InDocumentRootException extends ConnectionsException
{
}
