<?php

declare(strict_types=1);

namespace DataMachine\Connections\Benches;

/**
 * What one would write without the library: the same columns and documents in a SQLite file of its own, sealed with
 * AES-256-GCM under one key. No lock but SQLite's, no row MAC, no data keys.
 */
final class PlainStore
{
    private const CIPHER = 'aes-256-gcm';
    private const TABLE = 'CREATE TABLE connections (id BLOB NOT NULL PRIMARY KEY, kind INTEGER NOT NULL, provider TEXT,
        owner TEXT, account TEXT, remote_id TEXT, display_name TEXT, scopes TEXT, status TEXT, status_cause TEXT,
        expires_at INTEGER, revision INTEGER, seal_revision INTEGER, connected_at INTEGER, updated_at INTEGER,
        last_used_at INTEGER, legacy TEXT, key_id BLOB, row_mac BLOB, wrapped_key BLOB, sealed BLOB)';

    private readonly \PDO $pdo;
    private readonly \PDOStatement $get;
    private readonly \PDOStatement $save;
    private readonly \PDOStatement $list;
    private readonly \PDOStatement $status;

    public function __construct(string $file, private readonly string $key)
    {
        $this->pdo = new \PDO("sqlite:{$file}");
        $this->pdo->setAttribute(\PDO::ATTR_DEFAULT_FETCH_MODE, \PDO::FETCH_ASSOC);
        // The same durability as the library's.
        $this->pdo->exec('PRAGMA journal_mode = TRUNCATE');
        $this->pdo->exec('PRAGMA synchronous = FULL');
        $this->pdo->exec(self::TABLE);
        $this->pdo->exec('CREATE UNIQUE INDEX name ON connections (kind, provider, owner, account)');
        $where = 'WHERE kind = 0 AND provider = ? AND owner = ? AND account = ?';
        $this->get = $this->pdo->prepare("SELECT * FROM connections {$where}");
        $this->save = $this->pdo->prepare("UPDATE connections SET sealed = ?, revision = revision + 1 {$where}");
        $this->list = $this->pdo->prepare('SELECT id, provider, owner, account, remote_id, display_name, scopes, status,
            status_cause, expires_at, revision, connected_at, updated_at, last_used_at, legacy, key_id, row_mac
            FROM connections WHERE kind = 0 ORDER BY id LIMIT ?');
        $this->status = $this->pdo->prepare('SELECT status, count(*) AS number, min(expires_at) AS next FROM connections
            WHERE kind = 0 AND provider = ? GROUP BY status');
    }

    /**
     * Fills the table.
     *
     * @param iterable<array{string, string, string}> $rows provider, owner and document
     */
    public function fill(iterable $rows): void
    {
        $this->pdo->beginTransaction();
        $insert = $this->pdo->prepare('INSERT INTO connections VALUES (' . implode(', ', array_fill(0, 21, '?')) . ')');
        foreach ($rows as [$provider, $owner, $document]) {
            $insert->execute([
                random_bytes(16), 0, $provider, $owner, 'default', null, null, '', 'active', null,
                null, 1, 1, time(), time(), null, null, random_bytes(8), random_bytes(32), random_bytes(112),
                $this->seal($document, $owner),
            ]);
        }
        $this->pdo->commit();
    }

    /**
     * @return array<string, mixed> the row, with its document opened
     */
    public function get(string $provider, string $owner): array
    {
        $this->get->execute([$provider, $owner, 'default']);
        $row = $this->get->fetch();
        $this->get->closeCursor();
        [$iv, $tag] = [substr($row['sealed'], 0, 12), substr($row['sealed'], 12, 16)];
        $sealed = substr($row['sealed'], 28);
        $row['document'] = openssl_decrypt($sealed, self::CIPHER, $this->key, OPENSSL_RAW_DATA, $iv, $tag, $owner);
        return $row;
    }

    /** Writes a document in place of the one that is there. */
    public function save(string $provider, string $owner, string $document): void
    {
        $this->save->execute([$this->seal($document, $owner), $provider, $owner, 'default']);
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function list(int $limit): array
    {
        $this->list->execute([$limit]);
        return $this->list->fetchAll();
    }

    /**
     * @return list<array<string, mixed>>
     */
    public function status(string $provider): array
    {
        $this->status->execute([$provider]);
        return $this->status->fetchAll();
    }

    private function seal(string $document, string $owner): string
    {
        $iv = random_bytes(12);
        $sealed = openssl_encrypt($document, self::CIPHER, $this->key, OPENSSL_RAW_DATA, $iv, $tag, $owner);
        return $iv . $tag . $sealed;
    }
}
