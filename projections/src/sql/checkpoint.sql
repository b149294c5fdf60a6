-- One row for each build of a projection's table: the one that is served, and the one being built.
CREATE TABLE IF NOT EXISTS projection (
    name     TEXT    NOT NULL,
    build    INTEGER NOT NULL, -- tells builds apart; part of the table's name
    version  INTEGER NOT NULL, -- of the code that fills it
    position INTEGER NOT NULL, -- of the last event taken in
    digest   BLOB    NOT NULL, -- of that event: tells whether this is still the same log
    serving  INTEGER NOT NULL CHECK (serving IN (0, 1)),
    halted   TEXT,             -- why it stands still, where it does
    PRIMARY KEY (name, build)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX IF NOT EXISTS projection_served ON projection (name) WHERE serving = 1;
