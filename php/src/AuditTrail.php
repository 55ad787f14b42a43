<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;

/**
 * What happened in a vault, chained so that a change of it shows. `Vault::audit()` makes one.
 */
final class AuditTrail
{
    /**
     * @internal
     */
    public function __construct(private readonly Handle $store)
    {
    }

    /**
     * What happened, one page. Every write of a connection or app config has its record.
     *
     * @param AuditQuery|array{
     *     agent?: string, subject?: string, connection?: string, event?: string, since?: int, until?: int,
     *     newest_first?: bool, limit?: int, after?: string
     * } $query
     *
     * @return Page<AuditRecord>
     */
    public function query(AuditQuery|array $query = []): Page
    {
        $found = Library::json('dm_audit_query', [$this->store, Json::options($query)]);
        return new Page(array_map(static fn (array $row) => new AuditRecord($row), $found['items']), $found['next']);
    }

    /**
     * Compares every audit record with the one before, every row and every pair (all grants of an owner to an agent)
     * with its last record, and all with an anchor. It goes page by page, so that writers do not wait for all of it.
     *
     * @param AuditAnchor|null $anchor what anchor() or prune() gave last, kept outside the store
     */
    public function verify(?AuditAnchor $anchor = null): AuditVerification
    {
        $options = $anchor === null ? [] : ['anchor' => $anchor->toArray()];
        $pages = [];
        do {
            $pages[] = $page = Library::json('dm_audit_verify', [$this->store, Json::options($options)]);
            $options = ['after' => $page['next']];
        } while ($page['next'] !== null);
        return new AuditVerification($pages);
    }

    /**
     * Where the audit has come to. Kept outside the store and given to verify(), it shows whether the whole store
     * was put back to an earlier time.
     */
    public function anchor(): AuditAnchor
    {
        return new AuditAnchor(Library::json('dm_audit_anchor', [$this->store]));
    }

    /**
     * Deletes the audit records of before a time. How rows and grants have to stand is carried forward, so
     * verify() still tells. Anchors of before prove nothing any more: keep the one that this gives.
     *
     * @param bool $acceptFindings  delete also records that are not as they were written
     * @param bool $ignoreConsumers delete also what a reader of `Vault::events()` is not done with; it is told so
     */
    public function prune(
        int $before,
        bool $acceptFindings = false,
        bool $ignoreConsumers = false,
    ): AuditPruned {
        $options = Json::options([
            'before' => $before,
            'accept_findings' => $acceptFindings,
            'ignore_consumers' => $ignoreConsumers,
        ]);
        $parts = [];
        do {
            $parts[] = $part = Library::json('dm_audit_prune', [$this->store, $options]);
        } while ($part['more']);
        return new AuditPruned($parts);
    }
}
