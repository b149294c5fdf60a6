//! Opening the database file: the settings that make it durable, and the checks that it is a log this
//! program may touch.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, OptionalExtension, config::DbConfig};

use crate::runtime::entropy::Entropy;

/// The format this program writes, and the newest it reads.
const FORMAT: u32 = 1;

/// How many of the newest positions must stand without a gap for the log to be written.
const VERIFIED_POSITIONS: i64 = 10_000;

/// How long to wait for a lock inside SQLite; only a tool outside this process can hold one.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// Why a log cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct OpenError {
    /// The file that is in the way.
    pub path: PathBuf,
    /// What is wrong with it.
    #[source]
    pub problem: OpenProblem,
}

/// What keeps a file from being opened as a log.
#[derive(Debug, thiserror::Error)]
pub enum OpenProblem {
    /// Another process holds the lock of writers.
    #[error(
        "another Moneta writes this log; stop it, or give this one a data directory of its own"
    )]
    InUse,
    /// There is nothing to read.
    #[error("there is no log")]
    Missing,
    /// A newer program wrote it.
    #[error(
        "the log has format {0}, this version of Moneta knows formats up to {FORMAT}: use the \
         version that wrote it, or a newer one"
    )]
    Newer(u32),
    /// It is a database of something else.
    #[error("the database is not a log of Moneta")]
    Foreign,
    /// Its positions do not follow each other.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// What an earlier run left in the write-ahead log cannot be moved into the database.
    #[error("another process has been reading the log in one go for too long; let it finish")]
    Pinned,
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] io::Error),
    /// SQLite refuses.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}

/// A connection that may write.
#[derive(Debug)]
pub(super) struct Writable {
    pub(super) connection: Connection,
    /// The position of the newest event, 0 where there is none.
    pub(super) head: u64,
}

/// Opens the log for writing and creates it where there is none. The caller holds the writers' lock.
pub(super) fn open_writable(path: &Path) -> Result<Writable, OpenError> {
    prepare_writable(path).map_err(|problem| OpenError { path: path.to_owned(), problem })
}

fn prepare_writable(path: &Path) -> Result<Writable, OpenProblem> {
    create_private(path)?;
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    harden(&connection)?;
    if connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, u32>(0))?
        > 0
    {
        check_format(&connection)?;
    }
    set_durable(&connection)?;
    create_schema(&connection)?;
    settle(&connection)?;
    let head = verified_head(&connection)?;
    // Not before the check, which would fill it with pages that no append needs.
    connection.pragma_update(None, "cache_size", -16_384)?;
    Ok(Writable { connection, head })
}

/// Opens the log for reading; works beside a writer, in this process or another.
pub(super) fn open_readable(path: &Path) -> Result<Connection, OpenError> {
    prepare_readable(path).map_err(|problem| OpenError { path: path.to_owned(), problem })
}

fn prepare_readable(path: &Path) -> Result<Connection, OpenProblem> {
    if !path.try_exists()? {
        return Err(OpenProblem::Missing);
    }
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    harden(&connection)?;
    connection.pragma_update(None, "cache_size", -4_096)?;
    check_format(&connection)?;
    Ok(connection)
}

/// Creates the database file readable for nobody else. A file that exists is not even opened: closing
/// a handle of it would drop the locks other connections of this process hold on it.
fn create_private(path: &Path) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => Err(cause),
        _ => Ok(()),
    }
}

/// Settings of every connection: a damaged or malicious file must not run code or pass unnoticed.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_FKEY, true)?;
    // Or a prepared statement would be planned again for each value that is bound to it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "cell_size_check", true)
}

/// Settings of the writer: an acknowledged commit survives a power cut.
fn set_durable(connection: &Connection) -> Result<(), OpenProblem> {
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenProblem::Damaged(format!("it stays in journal mode {mode}")));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    // The committer moves the write-ahead log itself, after its callers have their answers, and sees
    // the errors that SQLite would keep to itself.
    connection.pragma_update(None, "wal_autocheckpoint", 0)?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    // Without this, INSERT OR REPLACE would delete without asking the triggers.
    connection.pragma_update(None, "recursive_triggers", true)?;
    Ok(())
}

fn create_schema(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(include_str!("schema.sql"))?;
    if meta(&transaction, "format")?.is_none() {
        let log = uuid::Builder::from_random_bytes(Entropy::default().bytes()).into_uuid();
        transaction.execute(
            "INSERT INTO meta (name, value) VALUES ('format', ?1), ('log', ?2)",
            (FORMAT.to_string(), log.hyphenated().to_string()),
        )?;
    }
    transaction.commit()
}

fn check_format(connection: &Connection) -> Result<(), OpenProblem> {
    let known: bool = connection.query_row(
        "SELECT count(*) = 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'",
        [],
        |row| row.get(0),
    )?;
    let format = if known { meta(connection, "format")? } else { None };
    match format.and_then(|format| format.parse().ok()) {
        None => Err(OpenProblem::Foreign),
        Some(found) if found > FORMAT => Err(OpenProblem::Newer(found)),
        Some(_) => Ok(()),
    }
}

/// The name the log got when it was created.
pub(super) fn log_id(connection: &Connection, path: &Path) -> Result<String, OpenError> {
    let failed = |problem| OpenError { path: path.to_owned(), problem };
    meta(connection, "log")
        .map_err(|cause| failed(OpenProblem::Sqlite(cause)))?
        .ok_or_else(|| failed(OpenProblem::Foreign))
}

fn meta(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0))
        .optional()
}

/// Moves everything in the write-ahead log into the database and empties it. Frames that an earlier
/// run wrote but never saw reach the disk may be there; to append behind them would make new events
/// depend on old ones that a power cut takes away.
pub(super) fn settle(connection: &Connection) -> Result<(), OpenProblem> {
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(OpenProblem::Pinned) } else { Ok(()) }
}

fn verified_head(connection: &Connection) -> Result<u64, OpenProblem> {
    let (first, head): (i64, i64) = connection.query_row(
        "SELECT ifnull(min(position), 1), ifnull(max(position), 0) FROM events",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if first != 1 {
        return Err(OpenProblem::Damaged(format!("it begins at position {first}")));
    }
    let after = (head - VERIFIED_POSITIONS).max(0);
    let found: i64 = connection.query_row(
        "SELECT count(*) FROM events WHERE position > ?1",
        [after],
        |row| row.get(0),
    )?;
    if found != head - after {
        return Err(OpenProblem::Damaged(format!(
            "{} of the positions {} to {head} are missing",
            head - after - found,
            after + 1
        )));
    }
    Ok(head.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_writer_is_durable_and_hardened() {
        let directory = tempfile::tempdir().unwrap();
        let log = open_writable(&directory.path().join("events.db")).unwrap();
        for (pragma, expected) in [
            ("journal_mode", "wal"),
            ("synchronous", "2"),
            ("foreign_keys", "1"),
            ("trusted_schema", "0"),
            ("cell_size_check", "1"),
            ("recursive_triggers", "1"),
            ("page_size", "4096"),
        ] {
            let value: String = log
                .connection
                .query_row(
                    &format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"),
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
    }

    #[test]
    fn a_writer_cannot_replace_an_event() {
        let directory = tempfile::tempdir().unwrap();
        let log = open_writable(&directory.path().join("events.db")).unwrap();
        let insert = "INTO events VALUES (1, zeroblob(17), 0, '{}')";
        log.connection.execute_batch(&format!("INSERT {insert}")).unwrap();
        let refused = log.connection.execute_batch(&format!("INSERT OR REPLACE {insert}"));
        assert!(refused.unwrap_err().to_string().contains("append-only"));
    }

    #[test]
    fn a_reader_cannot_write() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("events.db");
        let _writer = open_writable(&path).unwrap();
        let reader = open_readable(&path).unwrap();
        assert!(reader.execute_batch("CREATE TABLE notes (text TEXT)").is_err());
    }
}
