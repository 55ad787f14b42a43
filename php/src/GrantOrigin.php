<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a grant came from that nobody gave by hand.
 */
enum GrantOrigin: string
{
    /** A delegation of the old option: for anyone who asks, so to be narrowed. */
    case Delegation = 'delegation';
    /** The agent's own account was connected. */
    case OwnAccount = 'own_account';
    /** What observing found, and somebody accepted. */
    case Observed = 'observed';
}
