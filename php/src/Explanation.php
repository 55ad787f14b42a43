<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * A decision, and everything that was looked at.
 */
final class Explanation
{
    public readonly Decision $decision;
    /** @var list<ConsideredConnection> every connection that might have been meant */
    public readonly array $considered;

    /**
     * @internal
     *
     * @param array<string, mixed> $explained as the library gives it
     */
    public function __construct(array $explained)
    {
        $this->decision = new Decision($explained['decision']);
        $this->considered = array_map(
            static fn (array $one) => new ConsideredConnection($one),
            $explained['considered'],
        );
    }
}
