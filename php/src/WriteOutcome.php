<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What became of a part of the old option that somebody changed.
 */
enum WriteOutcome: string
{
    /** An account or app config is stored as it was written. */
    case Saved = 'saved';
    /** It is gone. */
    case Deleted = 'deleted';
    /** Kept sealed as it was written, for the way back; nothing uses it. */
    case Kept = 'kept';
    /** Stored, but for members whose envelopes no salt opens. */
    case Quarantined = 'quarantined';
    /** A delegation is a grant now. */
    case Granted = 'granted';
    /** A delegation's grant was taken back. */
    case Revoked = 'revoked';
}
