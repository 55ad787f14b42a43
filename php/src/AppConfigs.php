<?php

declare(strict_types=1);

namespace DataMachine\Connections;

use DataMachine\Connections\Native\Handle;
use DataMachine\Connections\Native\Json;
use DataMachine\Connections\Native\Library;

/**
 * A vault's app configs: the providers' client registrations, at most one of a provider for each owner.
 * `Vault::configs()` makes one.
 */
final class AppConfigs
{
    /**
     * @internal
     */
    public function __construct(private readonly Handle $store)
    {
    }

    /**
     * One with its document; null where there is none.
     */
    public function get(string $provider, string $owner): ?AppConfig
    {
        $row = Library::find('dm_config_get', [$this->store, $provider, $owner], 2);
        return $row === null ? null : new AppConfig(Json::decode($row[1]), Document::fromJson($row[0]));
    }

    /**
     * The document alone, as Vault::members() gives a connection's.
     *
     * @return array{array<array-key, mixed>, list<string>}|null
     */
    public function members(string $provider, string $owner): ?array
    {
        return Json::members(Library::find('dm_config_get', [$this->store, $provider, $owner], 2));
    }

    /**
     * Writes a whole one.
     *
     * @param Document|array<array-key, mixed>       $document
     * @param SaveOptions|array{if_revision?: int} $options
     */
    public function save(
        string $provider,
        string $owner,
        #[\SensitiveParameter] Document|array $document,
        SaveOptions|array $options = [],
    ): Saved {
        return new Saved(Library::json('dm_config_save', [
            $this->store, $provider, $owner, Document::of($document)->toJson(), Json::options($options),
        ]));
    }

    /**
     * Writes some top-level members, as Vault::merge() does.
     *
     * @param Document|array<array-key, mixed>       $patch
     * @param SaveOptions|array{if_revision?: int} $options
     */
    public function merge(
        string $provider,
        string $owner,
        #[\SensitiveParameter] Document|array $patch,
        SaveOptions|array $options = [],
    ): Saved {
        return new Saved(Library::json('dm_config_merge', [
            $this->store, $provider, $owner, Document::of($patch)->toJson(), Json::options($options),
        ]));
    }

    /**
     * Deletes one. Where there is none, that is no error; the receipt tells.
     *
     * @param int|null $ifRevision delete it only if it is still at this revision
     */
    public function delete(string $provider, string $owner, ?int $ifRevision = null): Receipt
    {
        $options = Json::options($ifRevision === null ? [] : ['if_revision' => $ifRevision]);
        return new Receipt(Library::json('dm_config_delete', [$this->store, $provider, $owner, $options]));
    }

    /**
     * Lists them, one page. No document is opened.
     *
     * @param Query|array{provider?: string, owner?: string, limit?: int, after?: string} $query
     *
     * @return Page<AppConfigInfo>
     */
    public function find(Query|array $query = []): Page
    {
        $found = Library::json('dm_config_find', [$this->store, Json::options($query)]);
        $rows = array_map(static fn (array $row) => new AppConfigInfo($row), $found['items']);
        return new Page($rows, $found['next']);
    }
}
