<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What kind of owner a connection has.
 */
enum OwnerClass: string
{
    /** The site (`site:N`) or an organisation (`org:ID`): a service credential. */
    case Service = 'service';
    /** One person (`user:N`). */
    case Personal = 'personal';
    /** An agent (`agent:N`). */
    case Agent = 'agent';
}
