<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What runs when an agent acts.
 */
enum RunContext: string
{
    /** A conversation with an agent. */
    case Chat = 'chat';
    /** A step of a flow. */
    case Pipeline = 'pipeline';
    /** A task of the system's. */
    case System = 'system';
    /** A command line. */
    case Cli = 'cli';
    /** A call from outside. */
    case Rest = 'rest';
}
