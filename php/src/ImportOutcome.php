<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What became of a part of the old option.
 */
enum ImportOutcome: string
{
    /** It is a connection or an app config now. */
    case Imported = 'imported';
    /** It was imported before, or is the same here. */
    case Unchanged = 'unchanged';
    /** It changed here since; the vault's stays. */
    case Differs = 'differs';
    /** An envelope that no salt opens: kept sealed, never handed out. */
    case Quarantined = 'quarantined';
    /** Kept sealed as it was, for the way back. */
    case Kept = 'kept';
}
