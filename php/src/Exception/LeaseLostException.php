<?php

declare(strict_types=1);

namespace DataMachine\Connections\Exception;

/**
 * The lease is not this holder's any more: somebody else was granted one since, or the account was connected anew, or
 * is gone. What was handed in is not stored.
 */
final class LeaseLostException extends ConnectionsException
{
}
