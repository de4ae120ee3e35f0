-- Records (name: id/kind, seq 0, n: version), logs (name: the log, seq from 1)
-- and keys seen (name: the key, seq -1, n: unix ms) share a table, so that what
-- belongs to one conversation stands together and a turn touches few pages.
CREATE TABLE item (
	name TEXT NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, body BLOB NOT NULL,
	PRIMARY KEY (name, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_seen ON item (n) WHERE seq = -1;
-- Where records stand in lists.
CREATE TABLE idx (
	name TEXT NOT NULL, score INTEGER NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
	PRIMARY KEY (name, score, kind, id)
) STRICT, WITHOUT ROWID;
-- Jobs in lanes.
CREATE TABLE job (
	queue TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL,
	head     INTEGER NOT NULL,           -- 1 for the oldest of its lane
	due      INTEGER NOT NULL,           -- unix ms; the end of the lease while there is a fence
	fence    INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	body     BLOB NOT NULL,
	PRIMARY KEY (lane, queue, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_due ON job (queue, due) WHERE head = 1;
CREATE TABLE counter (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- A row says that something removed may still stand in free parts of the file.
CREATE TABLE scrub (one INTEGER PRIMARY KEY CHECK (one = 1)) STRICT;
