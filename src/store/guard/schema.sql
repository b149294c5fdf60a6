-- Reservations, layout 1. The primary key decides who was first.
CREATE TABLE IF NOT EXISTS reservation (
    kind       INTEGER NOT NULL,
    digest     BLOB    NOT NULL CHECK (length(digest) = 32),
    value      BLOB    CHECK (length(value) = 17), -- StreamId::to_bytes
    expires_at INTEGER NOT NULL,                   -- microseconds since 1970
    PRIMARY KEY (kind, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS reservation_by_expiry ON reservation (expires_at);
