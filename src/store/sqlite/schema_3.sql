-- What is known of a connection's renewals: who has the right to renew it now, what failed, when it was renewed. JSON, and
-- the MAC over it. None where nothing of the kind ever happened.
CREATE TABLE refreshes (
  connection BLOB    NOT NULL PRIMARY KEY CHECK (length(connection) = 16),
  revision   INTEGER NOT NULL,
  state      TEXT    NOT NULL,
  mac        BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- When to look at a connection without being asked: to renew it, or to say that a person has to consent again soon. Every
-- connection has one; NULL is never. A time that somebody else wrote here costs a look, or delays one.
CREATE TABLE refresh_schedule (
  connection BLOB NOT NULL PRIMARY KEY CHECK (length(connection) = 16),
  look_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_schedule_look ON refresh_schedule (look_at) WHERE look_at IS NOT NULL;
INSERT INTO refresh_schedule (connection, look_at) SELECT id, 0 FROM connections WHERE kind = 0;

-- How far each reader of events has come in the audit chain, which is not pruned behind that.
CREATE TABLE event_cursors (
  consumer TEXT    NOT NULL,
  stream   INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  -- When that was set, in Unix seconds.
  at       INTEGER NOT NULL,
  PRIMARY KEY (consumer, stream)
) STRICT, WITHOUT ROWID;
