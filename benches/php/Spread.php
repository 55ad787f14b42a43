<?php

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

/**
 * The middle of some figures, and how far they stray.
 */
final class Spread
{
    public readonly float $median;
    /** The quartiles. */
    public readonly float $low;
    public readonly float $high;

    /**
     * @param list<float|int> $values
     */
    public function __construct(array $values)
    {
        sort($values);
        $at = static fn (float $part): float => (float) $values[(int) round($part * (count($values) - 1))];
        [$this->median, $this->low, $this->high] = [$at(0.5), $at(0.25), $at(0.75)];
    }
}
