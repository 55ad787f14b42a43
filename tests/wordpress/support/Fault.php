<?php

declare(strict_types=1);

namespace DataMachine\Connections\Tests\WordPress;

/**
 * Something that a migrated site lacks, or that is wrong with it.
 */
final class Fault
{
    /**
     * @param string               $state  the plug-in's, by its name
     * @param string               $code   of the problem that it sees
     * @param string               $told   a piece of what who manages the site reads
     * @param \Closure(Site): void $take   brings it about
     * @param \Closure(Site): void $back   puts it right
     * @param string|null          $later  the code at the same worker's second look and any other, where that differs
     */
    public function __construct(
        public readonly string $state,
        public readonly string $code,
        public readonly string $told,
        private readonly \Closure $take,
        private readonly \Closure $back,
        public readonly ?string $later = null,
    ) {
    }

    public function take(Site $site): void
    {
        ($this->take)($site);
        $site->reload();
    }

    public function back(Site $site): void
    {
        ($this->back)($site);
        $site->reload();
    }
}
