<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * How a grant stands now.
 */
enum GrantStatus: string
{
    case Active = 'active';
    case NotYet = 'not_yet';
    case Expired = 'expired';
    /** Its uses are used up. */
    case Exhausted = 'exhausted';
    case Revoked = 'revoked';
}
