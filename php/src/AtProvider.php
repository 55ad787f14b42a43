<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What the provider said when it was asked to end an access.
 */
enum AtProvider: string
{
    case Revoked = 'revoked';
    /** It has no way to be asked. */
    case Unsupported = 'unsupported';
    /** It was asked and did not end it, or no answer came. */
    case Failed = 'failed';
    case NotAsked = 'not_asked';
}
