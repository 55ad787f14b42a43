-- Audit: what its queries look for beside the record, and how often a refusal was repeated. The chain itself is of the
-- first version, which never wrote a record.
ALTER TABLE audit ADD COLUMN event TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN agent TEXT;
ALTER TABLE audit ADD COLUMN subject TEXT;
ALTER TABLE audit ADD COLUMN connection BLOB CHECK (length(connection) = 16);
ALTER TABLE audit ADD COLUMN grant_id BLOB CHECK (length(grant_id) = 16);
-- 1 where the record says how the row of its connection stands since.
ALTER TABLE audit ADD COLUMN about_row INTEGER NOT NULL DEFAULT 0 CHECK (about_row IN (0, 1));
-- 1 where the record says how the grants of its subject to its agent stand since.
ALTER TABLE audit ADD COLUMN about_pair INTEGER NOT NULL DEFAULT 0 CHECK (about_pair IN (0, 1));
CREATE INDEX audit_at         ON audit (at);
CREATE INDEX audit_event      ON audit (event);
CREATE INDEX audit_agent      ON audit (agent) WHERE agent IS NOT NULL;
CREATE INDEX audit_subject    ON audit (subject) WHERE subject IS NOT NULL;
CREATE INDEX audit_connection ON audit (connection, about_row) WHERE connection IS NOT NULL;
CREATE INDEX audit_pair       ON audit (agent, subject) WHERE about_pair = 1;
CREATE TABLE refusals (
  agent    TEXT    NOT NULL,
  target   TEXT    NOT NULL,
  code     TEXT    NOT NULL,
  -- `refused`, or `observed`: it would have been.
  event    TEXT    NOT NULL,
  -- Hours since 1970.
  hour     INTEGER NOT NULL,
  count    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  PRIMARY KEY (agent, target, code, event, hour)
) STRICT, WITHOUT ROWID;
CREATE INDEX refusals_hour ON refusals (hour);

-- Grants.

-- What agents may do with connections. `owner` and `provider` are those of the target, also where it names one connection.
CREATE TABLE grants (
  id         BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  agent      TEXT    NOT NULL,
  owner      TEXT    NOT NULL,
  provider   TEXT    NOT NULL,
  connection BLOB    CHECK (length(connection) = 16),
  effect     TEXT    NOT NULL CHECK (effect IN ('permit', 'forbid')),
  state      TEXT    NOT NULL CHECK (state IN ('active', 'revoked')),
  not_before INTEGER,
  expires_at INTEGER,
  uses_left  INTEGER,
  terms      TEXT    NOT NULL,
  -- What it came from, where nobody gave it by hand.
  origin     TEXT    NOT NULL DEFAULT '',
  revision   INTEGER NOT NULL,
  mac        BLOB    NOT NULL
) STRICT;
CREATE INDEX grants_pair       ON grants (agent, owner, state, id);
CREATE INDEX grants_agent      ON grants (agent, id);
CREATE INDEX grants_owner      ON grants (owner, id);
CREATE INDEX grants_connection ON grants (connection, id) WHERE connection IS NOT NULL;
CREATE INDEX grants_origin     ON grants (origin, id) WHERE origin <> '';

-- What was ever given by itself. It outlives the grant, so that nothing is given again that somebody took back. A slot is
-- a keyed fingerprint.
CREATE TABLE grants_given (
  slot BLOB NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- How many of the library's own upgrades were done: what a later version makes of what is in the store already.
ALTER TABLE store ADD COLUMN upgrades INTEGER NOT NULL DEFAULT 0;

-- One for each pair that ever had a grant: what nobody can change without the key, so that a grant that was put in or
-- taken away is missed.
CREATE TABLE grant_heads (
  agent    TEXT    NOT NULL,
  owner    TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  head     BLOB    NOT NULL,
  PRIMARY KEY (agent, owner)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_heads_owner ON grant_heads (owner, agent);

-- What was refused to provider's classes while an agent acted, or would have been: to propose the grants that it takes.
CREATE TABLE proposals (
  id       BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
  request  TEXT    NOT NULL,
  wanted   TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  mac      BLOB    NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proposals_last ON proposals (last_at);
