-- One row for each end-user that was ever registered. Nothing personal.
CREATE TABLE {table} (
    stream        BLOB    NOT NULL PRIMARY KEY, -- sorts by registration
    registered_at INTEGER NOT NULL,             -- microseconds since 1970
    state         TEXT    NOT NULL,
    changed_at    INTEGER NOT NULL,             -- of the last event
    events        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
