<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is done about a provider's class that may not read a connection while an agent acts.
 */
enum Mode: string
{
    /** It is let through, and written down with the grant that it lacks. */
    case Observe = 'observe';
    /** It is refused. */
    case Enforce = 'enforce';
}
