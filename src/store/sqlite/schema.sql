CREATE TABLE store (
  one            INTEGER PRIMARY KEY CHECK (one = 1),
  store_id       BLOB    NOT NULL CHECK (length(store_id) = 16),
  site           TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  secret_key_id  BLOB    NOT NULL REFERENCES keys (id),
  wrapped_secret BLOB    NOT NULL,
  writes         INTEGER NOT NULL,
  -- The version of these tables, and the oldest that a library must know to read or to write them. Every later
  -- version keeps these three, under these names.
  schema         INTEGER NOT NULL,
  min_reader     INTEGER NOT NULL,
  min_writer     INTEGER NOT NULL
) STRICT;

CREATE TABLE keys (
  id          BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 8),
  status      TEXT    NOT NULL CHECK (status IN ('primary', 'active', 'retired')),
  check_value BLOB    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX keys_primary ON keys (status) WHERE status = 'primary';

-- Connections (kind 0) and app configs (kind 1).
CREATE TABLE connections (
  id            BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  kind          INTEGER NOT NULL CHECK (kind IN (0, 1)),
  provider      TEXT    NOT NULL,
  owner         TEXT    NOT NULL,
  account       TEXT    NOT NULL,
  remote_id     TEXT,
  display_name  TEXT,
  scopes        TEXT    NOT NULL,
  status        TEXT    NOT NULL,
  status_cause  TEXT,
  expires_at    INTEGER,
  revision      INTEGER NOT NULL,
  seal_revision INTEGER NOT NULL,
  connected_at  INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  last_used_at  INTEGER,
  legacy     TEXT,
  key_id        BLOB    NOT NULL REFERENCES keys (id),
  row_mac       BLOB    NOT NULL,
  wrapped_key   BLOB    NOT NULL,
  sealed        BLOB    NOT NULL
) STRICT;
CREATE UNIQUE INDEX connections_name ON connections (kind, provider, owner, account);
CREATE INDEX connections_kind     ON connections (kind, id);
CREATE INDEX connections_provider ON connections (kind, provider, id);
CREATE INDEX connections_owner    ON connections (kind, owner, id);
CREATE INDEX connections_account  ON connections (kind, account, id);
CREATE INDEX connections_status   ON connections (kind, status, id);
CREATE INDEX connections_key      ON connections (kind, key_id, id);
CREATE INDEX connections_remote   ON connections (kind, remote_id, id) WHERE remote_id IS NOT NULL;
CREATE INDEX connections_expiry   ON connections (kind, expires_at, id) WHERE expires_at IS NOT NULL;

-- What of the old option is kept as it was. A slot is a keyed fingerprint.
CREATE TABLE kept (
  id          BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  connection  BLOB,
  slot        BLOB NOT NULL,
  member      TEXT,
  reason      TEXT NOT NULL,
  key_id      BLOB NOT NULL REFERENCES keys (id),
  wrapped_key BLOB NOT NULL,
  sealed      BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX kept_slot   ON kept (slot) WHERE member IS NULL;
CREATE UNIQUE INDEX kept_member ON kept (slot, member) WHERE member IS NOT NULL;
CREATE INDEX kept_connection    ON kept (connection, id) WHERE connection IS NOT NULL;

-- What was ever imported, by slot. It outlives what was made of it, so that nothing is resurrected.
CREATE TABLE import_ledger (
  slot        BLOB    NOT NULL PRIMARY KEY,
  content     BLOB    NOT NULL,
  outcome     TEXT    NOT NULL,
  connection  BLOB,
  revision    INTEGER,
  imported_at INTEGER NOT NULL
) STRICT;

-- The audit chain; here from the first version because it could not be added later. SQLite has stream 0.
CREATE TABLE audit_streams (
  stream   INTEGER PRIMARY KEY,
  sequence INTEGER NOT NULL,
  head     BLOB    NOT NULL
) STRICT;
INSERT INTO audit_streams (stream, sequence, head) VALUES (0, 0, zeroblob(32));
CREATE TABLE audit (
  stream   INTEGER NOT NULL REFERENCES audit_streams (stream),
  sequence INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  record   BLOB    NOT NULL,
  mac      BLOB    NOT NULL,
  PRIMARY KEY (stream, sequence)
) STRICT, WITHOUT ROWID;
