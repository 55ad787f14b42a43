<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What happened to a connection.
 */
enum EventName: string
{
    /** Its tokens were renewed. */
    case Refreshed = 'refreshed';
    /** A renewal failed, and is tried again. */
    case Failing = 'failing';
    /** A person has to consent again. */
    case NeedsReauth = 'needs_reauth';
    /** A person has to consent again soon. */
    case Expiring = 'expiring';
    /** It was taken back, or disconnected. */
    case Revoked = 'revoked';
    /** Another remote account took its place. */
    case Replaced = 'replaced';
    /** The record is not as it was written: it may have been any of these, or none. Look at the connection. */
    case Damaged = 'damaged';
}
