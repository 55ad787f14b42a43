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
  revision   INTEGER NOT NULL,
  mac        BLOB    NOT NULL
) STRICT;
CREATE INDEX grants_pair       ON grants (agent, owner, state, id);
CREATE INDEX grants_agent      ON grants (agent, id);
CREATE INDEX grants_owner      ON grants (owner, id);
CREATE INDEX grants_connection ON grants (connection, id) WHERE connection IS NOT NULL;

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
