<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What a write of the old option did.
 */
final class OptionWritten
{
    /** For how many parts nothing had to be done. */
    public readonly int $unchanged;
    /** @var array<string, int> how many changed parts came to which `WriteOutcome` */
    public readonly array $counts;
    /** @var list<WrittenPart> what was changed */
    public readonly array $parts;
    /** How many transactions have written to the store since: see Vault::writes(). */
    public readonly int $writes;

    /**
     * @internal
     *
     * @param array<string, mixed> $report as the library gives it
     */
    public function __construct(array $report)
    {
        $this->unchanged = $report['counts']['unchanged'];
        $this->counts = array_diff_key($report['counts'], ['unchanged' => 0]);
        $this->parts = array_map(static fn (array $part) => new WrittenPart($part), $report['entries']);
        $this->writes = $report['writes'];
    }

    /**
     * How many parts came to an outcome.
     */
    public function count(WriteOutcome $outcome): int
    {
        return $this->counts[$outcome->value];
    }
}
