//! `read.db`: where the tables of all projections live. Each node has its own; deleting it is always
//! safe.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::checkpoint;

/// How long a statement waits for another connection's lock.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens it for the one who keeps it up to date, and makes it where there is none. A file that is no
/// database, or a broken one, is replaced: all that was in it is in the log.
pub fn open(path: &Path) -> rusqlite::Result<Connection> {
    match open_as_it_is(path) {
        Err(rusqlite::Error::SqliteFailure(failure, _))
            if matches!(failure.code, ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) =>
        {
            for file in ["", "-wal", "-shm"] {
                let mut name = path.as_os_str().to_owned();
                name.push(file);
                match fs::remove_file(name) {
                    Err(cause) if cause.kind() != io::ErrorKind::NotFound => {
                        return Err(rusqlite::Error::InvalidPath(path.to_owned()));
                    }
                    _ => {}
                }
            }
            open_as_it_is(path)
        }
        opened => opened,
    }
}

fn open_as_it_is(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    // What a power cut may take is read from the log again.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -16000;",
    )?;
    prepared(connection)
}

/// Opens it for queries; `None` where nobody has made it yet.
pub fn open_read_only(path: &Path) -> rusqlite::Result<Option<Connection>> {
    if !path.exists() {
        return Ok(None);
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    let made = connection.table_exists(None, "projection")?;
    Ok(made.then_some(connection))
}

/// One on disk that nobody else sees and that goes with the connection.
pub fn temporary() -> rusqlite::Result<Connection> {
    prepared(Connection::open("")?)
}

/// One that lives as long as the connection.
pub fn in_memory() -> rusqlite::Result<Connection> {
    prepared(Connection::open_in_memory()?)
}

fn prepared(connection: Connection) -> rusqlite::Result<Connection> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(checkpoint::SCHEMA)?;
    Ok(connection)
}
