<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What verifying the audit came to.
 */
final class AuditVerification
{
    /** Whether nothing was found. */
    public readonly bool $ok;
    /** @var list<AuditFinding> */
    public readonly array $findings;
    /** How many records were looked at. */
    public readonly int $records;
    /** How many connections and app configs were looked at. */
    public readonly int $rows;
    /** How many pairs were looked at: all grants of an owner to an agent. */
    public readonly int $pairs;

    /**
     * @internal
     *
     * @param list<array<string, mixed>> $pages as the library gives them
     */
    public function __construct(array $pages)
    {
        $findings = array_merge(...array_column($pages, 'findings'));
        $this->ok = $findings === [];
        $this->findings = array_map(static fn (array $finding) => new AuditFinding($finding), $findings);
        $this->records = array_sum(array_column($pages, 'records'));
        $this->rows = array_sum(array_column($pages, 'rows'));
        $this->pairs = array_sum(array_column($pages, 'pairs'));
    }
}
