<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What an import did, or, as a dry run, would do.
 */
final class ImportReport
{
    public readonly bool $dryRun;
    /** @var array<string, int> how many entries came to which `ImportOutcome` */
    public readonly array $counts;
    /** @var list<ImportEntry> */
    public readonly array $entries;
    /** @var list<ImportMember> what became of each delegation: `Imported` is a grant now */
    public readonly array $delegations;
    /** Where the next slice begins; null where all is done. */
    public readonly ?int $next;

    /**
     * @internal
     *
     * @param array<string, mixed> $report as the library gives it
     */
    public function __construct(array $report)
    {
        $this->dryRun = $report['dry_run'];
        $this->counts = $report['counts'];
        $this->entries = array_map(static fn (array $entry) => new ImportEntry($entry), $report['entries']);
        $this->delegations = array_map(static fn (array $one) => new ImportMember($one), $report['delegations']);
        $this->next = $report['next'];
    }

    /**
     * How many entries came to an outcome.
     */
    public function count(ImportOutcome $outcome): int
    {
        return $this->counts[$outcome->value];
    }
}
