<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What came of asking for a connection's tokens to be renewed.
 */
enum RefreshOutcome: string
{
    /** Nothing has to be renewed: what is stored is good. Somebody else may have renewed it just now. */
    case Fresh = 'fresh';
    /** They were renewed here, and stored. */
    case Refreshed = 'refreshed';
    /** Somebody else is renewing them, and was not done within the patience. */
    case Busy = 'busy';
    /** It failed, here or before, and is not tried again before its time; or not until a person asks for it. */
    case Backoff = 'backoff';
    /** Only a person can bring them back: by consenting again. */
    case Dead = 'dead';
    /** Of `refreshStatus()`: they would be renewed now. */
    case Due = 'due';
    /** There is nothing that could be renewed: they last until they end. */
    case Unsupported = 'unsupported';
}
