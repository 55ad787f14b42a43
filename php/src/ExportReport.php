<?php

declare(strict_types=1);

namespace DataMachine\Connections;

/**
 * What is in a rebuilt option, and what is not. No secrets.
 */
final class ExportReport
{
    /** How many bytes the option has. */
    public readonly int $bytes;
    /** How many transactions had written to the store by then: see Vault::writes(). */
    public readonly int $writes;
    /** How many accounts are in it: one for each connection. */
    public readonly int $accounts;
    public readonly int $configs;
    /** How many pieces that were kept at the import are in it, verbatim. */
    public readonly int $kept;
    /** How many members that were held back at the import are in it, verbatim. */
    public readonly int $returned;
    /** How many members were sealed anew. */
    public readonly int $sealed;
    /** @var list<LeftOut> what the vault holds and the option does not */
    public readonly array $leftOut;

    /**
     * @internal
     *
     * @param array<string, mixed> $report as the library gives it
     */
    public function __construct(array $report)
    {
        $this->bytes = $report['bytes'];
        $this->writes = $report['writes'];
        $this->accounts = $report['counts']['accounts'];
        $this->configs = $report['counts']['configs'];
        $this->kept = $report['counts']['kept'];
        $this->returned = $report['counts']['returned'];
        $this->sealed = $report['counts']['sealed'];
        $this->leftOut = array_map(static fn (array $row) => new LeftOut($row), $report['left_out']);
    }
}
