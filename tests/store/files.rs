//! Who may open which files, and what they refuse.

use std::{fs, path::Path, sync::Arc};

use moneta::store::{
    AppendError, EventStore, Expected,
    sqlite::{OpenProblem, SqliteLog},
};
use moneta_events::Recorded;
use rusqlite::Connection;
use tokio::task::JoinSet;

use crate::samples::{append, assert_ordered, event, everything, new_stream, stream};

async fn log_with(directory: &Path, events: u64) -> SqliteLog {
    let log = SqliteLog::open(directory).unwrap();
    for number in 0..events {
        log.append(append(stream(number), Expected::NoStream, "x")).await.unwrap();
    }
    log
}

fn database(directory: &Path) -> Connection {
    Connection::open(directory.join("events.db")).unwrap()
}

#[tokio::test]
async fn what_is_written_cannot_be_changed() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_with(directory.path(), 3).await;
    let before = everything(&log).await;
    let database = database(directory.path());
    for statement in [
        "UPDATE events SET body = '{}' WHERE position = 2",
        "UPDATE events SET position = 9 WHERE position = 3",
        "DELETE FROM events WHERE position = 3",
        "DELETE FROM events",
    ] {
        let refused = database.execute_batch(statement).unwrap_err().to_string();
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(everything(&log).await, before);
}

#[tokio::test]
async fn a_second_writer_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = log_with(directory.path(), 1).await;
    let refused = SqliteLog::open(directory.path()).unwrap_err();
    assert!(matches!(refused.problem, OpenProblem::InUse));
    let lock = directory.path().join("events.lock");
    assert!(refused.to_string().contains(lock.to_str().unwrap()), "{refused}");
    first.append(append(new_stream(), Expected::NoStream, "unharmed")).await.unwrap();

    first.close().await;
    let second = SqliteLog::open(directory.path()).unwrap();
    assert_eq!(second.head().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_follows_a_writer_across_reconnects() {
    let directory = tempfile::tempdir().unwrap();
    let missing = SqliteLog::open_read_only(directory.path()).unwrap_err();
    assert!(matches!(missing.problem, OpenProblem::Missing));

    let writer = Arc::new(log_with(directory.path(), 1).await);
    let refused = SqliteLog::open_read_only(directory.path())
        .unwrap()
        .append(append(new_stream(), Expected::NoStream, "x"))
        .await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))));

    let mut writing = JoinSet::new();
    for _ in 0..64 {
        let writer = Arc::clone(&writer);
        writing.spawn(async move {
            for _ in 0..8 {
                writer.append(append(new_stream(), Expected::NoStream, "x")).await.unwrap();
            }
        });
    }
    let mut seen: Vec<Recorded> = Vec::new();
    while seen.len() < 1 + 64 * 8 {
        let reader = SqliteLog::open_read_only(directory.path()).unwrap();
        assert_eq!(reader.id(), writer.id());
        for _ in 0..5 {
            let after = seen.last().map_or(0, |event| event.position);
            seen.extend(reader.read_all(after, 10).await.unwrap());
        }
    }
    writing.join_all().await;
    assert_ordered(&seen);
    assert_eq!(seen, everything(&*writer).await);
}

#[tokio::test]
async fn a_newer_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(log_with(directory.path(), 2).await);
    let database = database(directory.path());
    database.execute_batch("UPDATE meta SET value = '2' WHERE name = 'format'").unwrap();
    drop(database);
    let bytes = fs::read(directory.path().join("events.db")).unwrap();

    for refused in [
        SqliteLog::open(directory.path()).unwrap_err(),
        SqliteLog::open_read_only(directory.path()).unwrap_err(),
    ] {
        assert!(matches!(refused.problem, OpenProblem::Newer(2)));
        assert!(refused.to_string().contains("the version that wrote it"), "{refused}");
    }
    assert_eq!(fs::read(directory.path().join("events.db")).unwrap(), bytes, "left as it was");
}

#[tokio::test]
async fn what_is_no_log_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    database(directory.path()).execute_batch("CREATE TABLE notes (text TEXT)").unwrap();
    let refused = SqliteLog::open(directory.path()).unwrap_err();
    assert!(matches!(refused.problem, OpenProblem::Foreign));

    fs::write(directory.path().join("events.db"), [b'x'; 8192]).unwrap();
    let refused = SqliteLog::open(directory.path()).unwrap_err();
    assert!(matches!(refused.problem, OpenProblem::Sqlite(_)), "{refused}");
}

#[tokio::test]
async fn a_log_with_a_gap_is_refused() {
    for position in [1, 5] {
        let directory = tempfile::tempdir().unwrap();
        drop(log_with(directory.path(), 9).await);
        database(directory.path())
            .execute_batch(&format!(
                "DROP TRIGGER events_are_never_deleted;
                 DELETE FROM events WHERE position = {position}"
            ))
            .unwrap();
        let refused = SqliteLog::open(directory.path()).unwrap_err();
        assert!(matches!(refused.problem, OpenProblem::Damaged(_)), "{refused}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let _log = log_with(&data, 1).await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
    assert_eq!(mode(&data), 0);
    for file in ["events.db", "events.db-wal", "events.db-shm"] {
        assert_eq!(mode(&data.join(file)), 0, "{file}");
    }
}

#[tokio::test]
async fn the_file_is_readable_without_this_program() {
    let directory = tempfile::tempdir().unwrap();
    let log = log_with(directory.path(), 1).await;
    log.close().await;
    let body: String = database(directory.path())
        .query_row("SELECT body FROM events WHERE position = 1", [], |row| row.get(0))
        .unwrap();
    assert_eq!(body.as_bytes(), &*event("x"));
}
