<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What pruning the audit came to.
 */
final class AuditPruned
{
    /** How many records are gone. */
    public readonly int $pruned;
    /** How many rows' and pairs' last records were carried forward. */
    public readonly int $carried;
    /** How many counts of repeated refusals are gone. */
    public readonly int $refusals;
    /** How many findings were accepted with what is gone. */
    public readonly int $accepted;
    /** @var array<string, int> which readers of events have to be done first with records that old, since when each waits */
    public readonly array $waitsFor;
    /** Where the audit is now: keep it in the place of the one before. */
    public readonly AuditAnchor $anchor;

    /**
     * @internal
     *
     * @param non-empty-list<array<string, mixed>> $parts as the library gives them
     */
    public function __construct(array $parts)
    {
        $this->pruned = array_sum(array_column($parts, 'pruned'));
        $this->carried = array_sum(array_column($parts, 'carried'));
        $this->refusals = array_sum(array_column($parts, 'refusals'));
        $this->accepted = array_sum(array_column($parts, 'accepted'));
        $this->waitsFor = array_column(end($parts)['waits_for'], 'at', 'consumer');
        $this->anchor = new AuditAnchor(end($parts)['anchor']);
    }
}
