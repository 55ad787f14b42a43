<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * How the old option is written.
 */
enum LegacyFormat: string
{
    /** PHP's `serialize()`, as it lies in the database. */
    case Php = 'php';
    /** JSON of the same array. */
    case Json = 'json';
}
