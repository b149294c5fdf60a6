-- One row for each grant: a browser authorization, or a grant without an end-user step.
CREATE TABLE {table} (
    stream     BLOB    NOT NULL PRIMARY KEY,
    grant_type TEXT    NOT NULL,
    client     TEXT    NOT NULL,
    subject    BLOB,             -- pseudonym of the end-user, once known
    session    BLOB,
    started_at INTEGER NOT NULL, -- microseconds since 1970
    last_at    INTEGER NOT NULL,
    state      TEXT    NOT NULL, -- the furthest step
    outcome    TEXT    NOT NULL, -- how the authorization ended; open until it did
    reason     TEXT,             -- of the last refusal or denial in it
    events     INTEGER NOT NULL,
    duration   INTEGER,          -- microseconds from the request to the end of the authorization
    deadline   INTEGER           -- of an open one: of the request, then of the code
) STRICT, WITHOUT ROWID;

CREATE INDEX {table}_started ON {table} (started_at);
CREATE INDEX {table}_client  ON {table} (client, started_at);
CREATE INDEX {table}_subject ON {table} (subject, started_at) WHERE subject IS NOT NULL;
CREATE INDEX {table}_session ON {table} (session, started_at) WHERE session IS NOT NULL;
CREATE INDEX {table}_state   ON {table} (state, started_at);
CREATE INDEX {table}_outcome ON {table} (outcome, started_at);
CREATE INDEX {table}_reason  ON {table} (reason, started_at) WHERE reason IS NOT NULL;
CREATE INDEX {table}_deadline ON {table} (deadline) WHERE deadline IS NOT NULL;
