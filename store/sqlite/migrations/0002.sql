-- Both tables get numbers of their own for keys. What is written at the same
-- time then shares pages, and a search reads small keys instead of whole
-- bodies: half as much goes to disk for a turn.
ALTER TABLE item RENAME TO item1;
ALTER TABLE job RENAME TO job1;
DROP INDEX item_seen;
DROP INDEX job_due;
CREATE TABLE item (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL, seq INTEGER NOT NULL, n INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
INSERT INTO item (name, seq, n, body) SELECT name, seq, n, body FROM item1;
DROP TABLE item1;
CREATE UNIQUE INDEX item_name ON item (name, seq);
CREATE INDEX item_seen ON item (n) WHERE seq = -1;
CREATE TABLE job (
	id INTEGER PRIMARY KEY,
	queue TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL,
	head     INTEGER NOT NULL,           -- 1 for the oldest of its lane
	due      INTEGER NOT NULL,           -- unix ms; the end of the lease while there is a fence
	fence    INTEGER NOT NULL DEFAULT 0,
	attempts INTEGER NOT NULL DEFAULT 0,
	body     BLOB NOT NULL
) STRICT;
INSERT INTO job (queue, lane, seq, head, due, fence, attempts, body) SELECT queue, lane, seq, head, due, fence, attempts, body FROM job1;
DROP TABLE job1;
CREATE UNIQUE INDEX job_lane ON job (lane, queue, seq);
CREATE INDEX job_due ON job (queue, due, lane) WHERE head = 1;
