<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Exception\InvalidArgumentException;
use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;
use DataMachine\Connections\Native\Salts;

/**
 * A site's connected accounts, each in its own encrypted row.
 *
 * Owners are `site:0` (the network), `site:N` (one blog), `org:ID`, `user:N` and `agent:N`. A document goes in as an
 * array or as a `Document`; an array is encoded with unescaped slashes and unicode and preserved zero fractions.
 *
 * Every method throws a `ConnectionsException`; there is one class per kind, and its message says what to do.
 */
final class Vault
{
    private function __construct(private readonly Handle $store)
    {
    }

    /**
     * Opens a store. The process keeps it open for the requests that follow: opening it again is cheap.
     *
     * @param Options|array{
     *     path: string, site: string, keys?: Keys, key_file?: string, store_id?: string, create?: bool,
     *     document_root?: string, patience_ms?: int, catalogue?: array<string, mixed>, clone?: bool|string
     * } $options
     */
    public static function open(#[\SensitiveParameter] Options|array $options): self
    {
        $options = $options instanceof Options ? $options->toArray() : $options;
        $keys = $options['keys'] ?? null;
        if ($keys !== null && !$keys instanceof Keys) {
            throw new InvalidArgumentException('keys: has to be an object of Keys, such as Keys::base64() makes.');
        }
        unset($options['keys']);
        return new self(Library::open('dm_store_open', [Json::options($options), $keys?->keyring()]));
    }

    /**
     * A connection with its document; null where there is none.
     */
    public function get(string $provider, string $owner, string $account = 'default'): ?Connection
    {
        return Connection::read($this->store, [$provider, $owner, $account]);
    }

    /**
     * The document alone, as a PHP array, and the names of the members that are in quarantine and not in it: what is
     * asked in every request. Null where there is no connection.
     *
     * @return array{array<array-key, mixed>, list<string>}|null
     */
    public function members(string $provider, string $owner, string $account = 'default'): ?array
    {
        return Json::members(Library::find('dm_conn_get', [$this->store, $provider, $owner, $account], 2));
    }

    /**
     * Writes a whole document.
     *
     * The connection keeps its id while the remote account is the same or unknown. Another one is refused
     * (ConflictException::otherAccount()), unless `replace` says that it may take its place: then it is a new
     * connection, and `Saved::$replaced` tells.
     *
     * @param Document|array<array-key, mixed> $document
     * @param SaveOptions|array{
     *     if_revision?: int, remote_id?: ?string, display_name?: ?string, scopes?: list<string>, status?: Status,
     *     expires_at?: ?int, exclusive_name?: bool, grants?: list<Grant>, replace?: bool,
     *     renewed?: bool
     * } $options
     */
    public function save(
        string $provider,
        string $owner,
        #[\SensitiveParameter] Document|array $document,
        string $account = 'default',
        SaveOptions|array $options = [],
    ): Saved {
        return new Saved(Library::json('dm_conn_save', [
            $this->store, $provider, $owner, $account, Document::of($document)->toJson(), Json::options($options),
        ]));
    }

    /**
     * Writes some top-level members of a document, as `array_merge()` does: a replaced member keeps its place, new ones
     * go last, null is a value, nothing nested is merged. In one transaction; there has to be a connection.
     *
     * @param Document|array<array-key, mixed> $patch
     * @param SaveOptions|array{
     *     if_revision?: int, remote_id?: ?string, display_name?: ?string, scopes?: list<string>, status?: Status,
     *     expires_at?: ?int, exclusive_name?: bool, grants?: list<Grant>, replace?: bool,
     *     renewed?: bool
     * } $options
     */
    public function merge(
        string $provider,
        string $owner,
        #[\SensitiveParameter] Document|array $patch,
        string $account = 'default',
        SaveOptions|array $options = [],
    ): Saved {
        return new Saved(Library::json('dm_conn_merge', [
            $this->store, $provider, $owner, $account, Document::of($patch)->toJson(), Json::options($options),
        ]));
    }

    /**
     * Deletes a connection. Where there is none, that is no error; the receipt tells.
     *
     * @param int|null $ifRevision delete it only if it is still at this revision
     */
    public function delete(
        string $provider,
        string $owner,
        string $account = 'default',
        ?int $ifRevision = null,
    ): Receipt {
        $options = Json::options($ifRevision === null ? [] : ['if_revision' => $ifRevision]);
        return new Receipt(Library::json('dm_conn_delete', [$this->store, $provider, $owner, $account, $options]));
    }

    /**
     * Ends a connection for good: asks the provider to end the access, and destroys the connection here whatever it
     * answers, also where the callable throws (`Disconnected::exception()`).
     *
     * The library talks to no provider: the callable does, and returns what came of it. Its second argument is the
     * owner's app config of the provider, or else the site's; null where there is none that opens. It is not called
     * where the connection does not open, or there is none. It should set a time limit of its own: where the process
     * ends in it, or before this returns, the connection is still there, and disconnecting it again asks again.
     *
     * @param callable(Connection, ?AppConfig): RevocationAnswer $revoke
     */
    public function disconnect(
        string $provider,
        string $owner,
        #[\SensitiveParameter] callable $revoke,
        string $account = 'default',
    ): Disconnected {
        $row = [$provider, $owner, $account];
        [$options, $thrown] = Revoking::ask($this, $row, $revoke);
        $told = Library::json('dm_conn_disconnect', [$this->store, ...$row, Json::options($options)]);
        return new Disconnected($told, $thrown);
    }

    /**
     * Changes a connection's status; `$cause` says why, as a short code.
     */
    public function setStatus(
        string $provider,
        string $owner,
        Status $status,
        string $account = 'default',
        string $cause = '',
    ): ConnectionInfo {
        return new ConnectionInfo(Library::json('dm_conn_set_status', [
            $this->store, $provider, $owner, $account, $status->value, $cause,
        ]));
    }

    /**
     * Renews a connection's tokens, where they are due: at most one process at a time, and none that lost its turn
     * overwrites what came after it.
     *
     * The callable does the HTTP and returns the account's members that are new, to be laid over what is stored (a
     * refresh token that is not among them stays), or a RefreshFailure. It is called only where there is something to
     * be done. What it throws goes on, and counts as no answer; so does its end by `exit` or a time limit.
     *
     * @param callable(RefreshRequest): (array<string, mixed>|RefreshFailure) $http
     * @param RefreshOptions|array{
     *     margin?: int, force?: bool, rejected_revision?: int, fallback?: string, http_timeout?: int,
     *     patience_ms?: int
     * } $options
     */
    public function refresh(
        ConnectionInfo $connection,
        #[\SensitiveParameter] callable $http,
        RefreshOptions|array $options = [],
    ): Refreshed {
        return Refreshing::run($this->store, $connection, $http(...), Json::options($options));
    }

    /**
     * What refresh() would find now: whether they are due, who is renewing them, what failed, when it is tried again,
     * and by when a person has to consent. Nobody is asked, and nothing changed or waited for.
     *
     * @param RefreshOptions|array{margin?: int, force?: bool, rejected_revision?: int, fallback?: string} $options
     */
    public function refreshStatus(ConnectionInfo $connection, RefreshOptions|array $options = []): Refreshed
    {
        $row = [$connection->provider, $connection->owner, $connection->account];
        $told = Library::json('dm_refresh_status', [$this->store, ...$row, Json::options($options)]);
        return new Refreshed(RefreshOutcome::from($told['outcome']), null, $told);
    }

    /**
     * Connections of all owners whose tokens are due to be renewed. They are claimed: nobody else is given them until
     * the claim ends.
     *
     * @param int      $limit 1 to 100
     * @param int|null $claim for how many seconds (600)
     */
    public function refreshDue(int $limit = 20, ?int $claim = null): DueConnections
    {
        $options = Json::options(['limit' => $limit] + ($claim === null ? [] : ['claim' => $claim]));
        return new DueConnections(Library::json('dm_refresh_due', [$this->store, $options]));
    }

    /**
     * Lists connections, one page. No document is opened.
     *
     * @param Query|array{
     *     provider?: string, owner?: string, account?: string, remote_id?: string, status?: Status,
     *     expiring_before?: int, limit?: int, after?: string
     * } $query
     *
     * @return Page<ConnectionInfo>
     */
    public function find(Query|array $query = []): Page
    {
        $found = Library::json('dm_conn_find', [$this->store, Json::options($query)]);
        $rows = array_map(static fn (array $row) => new ConnectionInfo($row), $found['items']);
        return new Page($rows, $found['next']);
    }

    /**
     * All connections that match, read page by page.
     *
     * @param Query|array{
     *     provider?: string, owner?: string, account?: string, remote_id?: string, status?: Status,
     *     expiring_before?: int, limit?: int, after?: string
     * } $query
     *
     * @return \Generator<int, ConnectionInfo>
     */
    public function all(Query|array $query = []): \Generator
    {
        $query = $query instanceof Query ? $query->toArray() : $query;
        do {
            $page = $this->find($query);
            foreach ($page as $connection) {
                yield $connection;
            }
            $query['after'] = $page->next;
        } while ($page->next !== null);
    }

    /**
     * What is set up and connected, of one provider or of all, for one owner or for all. Nothing is decrypted.
     *
     * @return array<string, ProviderStatus> by provider
     */
    public function status(?string $provider = null, ?string $owner = null): array
    {
        $found = Library::json('dm_conn_status', [$this->store, $provider ?? '', $owner ?? '']);
        $statuses = array_map(static fn (array $row) => new ProviderStatus($row), $found['providers']);
        return array_column($statuses, null, 'provider');
    }

    /**
     * Deletes everything that an owner has, of one provider or of all, in one transaction: connections, app configs,
     * and what was kept of the old option in the owner's own places. A second import brings nothing of it back.
     */
    public function clearOwner(string $owner, ?string $provider = null): Cleared
    {
        return new Cleared(Library::json('dm_owner_clear', [$this->store, $owner, $provider ?? '']));
    }

    /**
     * The app configs: the providers' client registrations, one for each owner.
     */
    public function configs(): AppConfigs
    {
        return new AppConfigs($this->store);
    }

    /**
     * What happened: the records, and whether anything was changed beside them.
     */
    public function audit(): AuditTrail
    {
        return new AuditTrail($this->store);
    }

    /**
     * Tells what happened to connections since this consumer was here last, whichever process did it: in order, and at
     * least once. What was told is marked as done in batches of at most 100, and up to the event before where `$handle`
     * throws. What is not marked comes again: the event at which it threw, the batch of a process that died or called
     * `exit`; and two processes that read as the same consumer at once may both be told an event.
     *
     * The first call makes the consumer known. From then on `AuditTrail::prune()` waits for it: call it regularly, and
     * forgetEvents() when nobody does any more.
     *
     * @param string                   $consumer  a name to keep: a-z, 0-9, `.`, `_` and `-`, at most 64 bytes
     * @param callable(Event): mixed   $handle
     * @param int                      $limit     the most events of this call
     * @param bool                     $fromStart where a new consumer begins: at the first record that is left; else
     *                                            only what happens from now on is told
     * @param (callable(): mixed)|null $missed    called where records are gone that this consumer was not told, before
     *                                            the events behind them: look at the connections themselves
     *
     * @return int how many events were handled
     */
    public function events(
        string $consumer,
        #[\SensitiveParameter] callable $handle,
        int $limit = 1000,
        bool $fromStart = false,
        #[\SensitiveParameter] ?callable $missed = null,
    ): int {
        return (new EventReader($this->store, $consumer, $handle, $missed))->read($limit, $fromStart);
    }

    /**
     * Forgets a reader of events() that comes no more, so that `AuditTrail::prune()` does not wait for it.
     *
     * @return bool whether there was one
     */
    public function forgetEvents(string $consumer): bool
    {
        return Library::find('dm_events_forget', [$this->store, $consumer]) !== null;
    }

    /**
     * What agents may use: grants, and what they decide.
     */
    public function access(): AgentAccess
    {
        return new AgentAccess($this->store);
    }

    /**
     * Makes a new key the primary one: what is saved from now on is sealed under it. Other processes cannot write until
     * they open the vault with it; until rewrap(), give it `withEarlier()` the one before.
     */
    public function addKey(Keys $keys): KeyAdded
    {
        return new KeyAdded(Library::json('dm_key_add', [$this->store, $keys->keyring()]));
    }

    /**
     * Wraps all data keys with the primary key, in one transaction; the earlier keys are retired.
     */
    public function rewrap(): Rewrapped
    {
        return new Rewrapped(Library::json('dm_key_rewrap', [$this->store]));
    }

    /**
     * Seals all connections and app configs of a provider anew, each under a new data key.
     *
     * @return int how many
     */
    public function renewKeys(string $provider): int
    {
        return Library::json('dm_key_renew', [$this->store, $provider, ''])['renewed'];
    }

    /**
     * The same for one connection or app config.
     */
    public function renewKey(string $id): void
    {
        Library::json('dm_key_renew', [$this->store, '', $id]);
    }

    /**
     * Imports the old option `datamachine_auth_data`, in one transaction. What was imported before stays as it is now.
     *
     * @param string       $option the option's bytes as the database holds them
     * @param list<string> $salts  what `wp_salt('auth')` returns, and returned earlier
     * @param bool         $dryRun only report
     * @param int          $from   how many entries are passed over: `ImportReport::$next` of the slice before
     * @param int|null     $limit  how many entries are imported at most, for large options and short time limits
     */
    public function importLegacy(
        #[\SensitiveParameter] string $option,
        #[\SensitiveParameter] array $salts,
        LegacyFormat $format = LegacyFormat::Php,
        bool $dryRun = false,
        int $from = 0,
        ?int $limit = null,
    ): ImportReport {
        $handle = Salts::of($salts);
        $slice = ['from' => $from] + ($limit === null ? [] : ['limit' => $limit]);
        $options = Json::encode(['format' => $format->value, 'dry_run' => $dryRun] + $slice);
        return new ImportReport(Library::json('dm_legacy_import', [$this->store, $option, $handle, $options]));
    }

    /**
     * The old option as its plug-in would hold it now: what was imported, with what changed here since. Its classes
     * read in it what they read before, and what changed.
     *
     * Members that were quarantined, and all else that was kept at the import, come back verbatim. What does not open
     * refuses the export, unless `$leaveOut` says to go without it; the report then lists it. It always lists what
     * the old option has no place for.
     *
     * @param string       $salt     what `wp_salt('auth')` returns
     * @param list<string>|array<string, list<string>> $fields members to seal beside the old plug-in's own list and
     *                               those that came sealed: of all providers, or such a list for each by its slug
     * @param bool         $leaveOut go without what does not open, or what JSON cannot hold
     */
    public function exportLegacy(
        #[\SensitiveParameter] string $salt,
        LegacyFormat $format = LegacyFormat::Php,
        array $fields = [],
        bool $leaveOut = false,
    ): LegacyExport {
        $options = Json::options(['format' => $format->value, 'fields' => $fields, 'leave_out' => $leaveOut]);
        [$option, $report] = Library::call('dm_legacy_export', [$this->store, Salts::of([$salt]), $options], 2);
        return new LegacyExport($option, $format, new ExportReport(Json::decode($report)));
    }

    /**
     * Does what somebody changed who was handed `$base`, as exportLegacy() gave it, and wrote `$option` in its place,
     * in one transaction. What they left as it was is left alone, and what they changed in an account is laid over what
     * is stored by now: nobody else's work is lost. What they took out is deleted. Delegations become grants, and back.
     *
     * Without a base they saw everything: the store becomes what the option says, but for what the option has no place
     * for.
     *
     * @param string|null  $base   the bytes that they were handed; null where they saw everything
     * @param string       $option the bytes that they wrote
     * @param list<string> $salts  what `wp_salt('auth')` returns, and returned earlier
     */
    public function writeOption(
        #[\SensitiveParameter] ?string $base,
        #[\SensitiveParameter] string $option,
        #[\SensitiveParameter] array $salts,
        LegacyFormat $format = LegacyFormat::Php,
    ): OptionWritten {
        $options = Json::options(['format' => $format->value]);
        $arguments = [$this->store, $base ?? '', $option, Salts::of($salts), $options];
        return new OptionWritten(Library::json('dm_legacy_write', $arguments));
    }

    /**
     * What the store says of itself.
     */
    public function info(): StoreInfo
    {
        return new StoreInfo(Library::json('dm_store_info', [$this->store]));
    }

    /**
     * How many transactions ever wrote to the store: the same number as `StoreInfo::$writes`, and nothing else is
     * looked at. Who keeps what it read (ExportReport::$writes) asks whether that is still so.
     */
    public function writes(): int
    {
        return Library::number('dm_store_writes', [$this->store]);
    }

    /**
     * Copies the store as it is at one moment into a new file, which only its owner may read. The keys are no part of
     * it.
     *
     * @param string $path absolute; where there is something already, that is refused (ConflictException)
     */
    public function backup(string $path): Backup
    {
        return new Backup($path, Library::json('dm_store_backup', [$this->store, $path]));
    }

    /**
     * Makes the site that this vault was opened with the one that the store belongs to: for a copy that takes the
     * connections over. The site of before must not use its tokens any more: the two would break each other's. Nothing
     * is written where it is this site's already.
     */
    public function adopt(): Adopted
    {
        return new Adopted(Library::json('dm_store_adopt', [$this->store]));
    }

    /**
     * Closes the vault; otherwise that happens with this object's end, and at the latest with the script's.
     */
    public function close(): void
    {
        $this->store->close();
    }

    /** A copy would share the handle, and closing one would close both. */
    private function __clone()
    {
    }
}
