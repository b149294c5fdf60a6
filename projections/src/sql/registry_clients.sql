-- One row for each client that was ever registered.
CREATE TABLE {table} (
    stream        BLOB    NOT NULL PRIMARY KEY,
    client        TEXT    NOT NULL,
    registered_at INTEGER NOT NULL, -- microseconds since 1970
    name          TEXT,
    public        INTEGER NOT NULL CHECK (public IN (0, 1)),
    state         TEXT    NOT NULL,
    updated_at    INTEGER NOT NULL, -- of the last event
    web_origins   TEXT    NOT NULL, -- a JSON array
    events        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX {table}_client ON {table} (client);
