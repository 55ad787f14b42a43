<?php

declare(strict_types=1);

namespace DataMachine\Connections\Dropin\Guard;

/**
 * Where answers are kept. The key tells all that an answer depends on, so nothing ever has to be deleted in time; what
 * comes back damaged is asked again.
 */
interface Cache
{
    /** What was written under this key; null where nothing was. */
    public function read(string $key): ?string;

    /** Keeps it. A cache that forgets is slow and not wrong. */
    public function write(string $key, string $value): void;
}
