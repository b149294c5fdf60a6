-- The log, format 1. Run at every opening for writing: what is there stays as it is.
-- `meta` is what an older program reads first, so its shape never changes.
CREATE TABLE IF NOT EXISTS meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY,
    stream   BLOB    NOT NULL CHECK (length(stream) = 17),
    revision INTEGER NOT NULL CHECK (revision >= 0),
    body     TEXT    NOT NULL,
    UNIQUE (stream, revision)
) STRICT;

CREATE TRIGGER IF NOT EXISTS events_are_never_changed BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;

CREATE TRIGGER IF NOT EXISTS events_are_never_deleted BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;
