-- Both tables hold wrapped keys only: ciphertext under the key-encryption key.
CREATE TABLE IF NOT EXISTS data_key (
    owner   BLOB PRIMARY KEY, -- StreamId::to_bytes
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS secret (
    name    TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
