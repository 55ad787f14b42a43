<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The store is a copy that another site opened: nothing is refreshed or revoked here until Vault::adopt().
 */
final class ClonedSiteException extends ConnectionsException
{
}
