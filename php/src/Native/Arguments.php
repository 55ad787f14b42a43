<?php

declare(strict_types=1);

namespace DataMachine\Connections\Native;

/**
 * Options that may be given as an array, too.
 *
 * @internal
 */
interface Arguments
{
    /**
     * As the header describes them.
     *
     * @return array<string, mixed>
     */
    public function toArray(): array;
}
