-- Records, the lists in which they stand, logs, jobs in lanes, keys seen, counters.
CREATE TABLE record (
	kind TEXT NOT NULL, id TEXT NOT NULL, version INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE idx (
	name TEXT NOT NULL, score INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
	PRIMARY KEY (name, score, kind, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE log (
	name TEXT NOT NULL, seq INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (name, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE once (key TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job (
	queue TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL,
	head     INTEGER NOT NULL,           -- 1 for the oldest of its lane
	due      INTEGER NOT NULL,           -- unix ms; the end of the lease while there is a fence
	fence    INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	body     BLOB NOT NULL,
	PRIMARY KEY (queue, lane, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due ON job (queue, due) WHERE head = 1;
CREATE TABLE counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- A row says that something removed may still stand in free parts of the file.
CREATE TABLE scrub (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT;
