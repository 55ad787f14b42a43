<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * The state of a connection.
 */
enum Status: string
{
    /** Saved, but not usable yet: the provider or a person has still to confirm. */
    case Pending = 'pending';
    /** In use. */
    case Active = 'active';
    /** Its access ended by the clock; a refresh may bring it back. */
    case Expired = 'expired';
    /** A person has to consent again. */
    case NeedsReauth = 'needs_reauth';
    /** Taken back, here or at the provider. */
    case Revoked = 'revoked';
    /** The provider answers with errors; the cause says which. */
    case Error = 'error';
    /** Sealed under a key that was not given. */
    case KeyUnavailable = 'key_unavailable';
}
