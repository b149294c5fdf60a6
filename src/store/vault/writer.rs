//! The writing thread of the SQLite vault: takes what waits, commits it once, answers everybody.

use moneta_events::Category;
use rusqlite::{Connection, ErrorCode, TransactionBehavior, params};
use tokio::sync::mpsc;

use super::sqlite::{Place, Reply, read, unavailable};
use crate::ports::vault::VaultError;

/// Writes that share one commit.
const GROUP: usize = 256;

/// One change of one place.
pub(super) struct Write {
    pub(super) place: Place,
    /// What to put there if it is free; `None` empties it.
    pub(super) wrapped: Option<Vec<u8>>,
    /// What is there afterwards.
    pub(super) reply: Reply<Option<Vec<u8>>>,
}

/// Serves what waits, as much at a time as has come, until nobody can ask any more or the disk fails.
pub(super) fn write_all(mut connection: Connection, mut waiting: mpsc::Receiver<Write>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        let committed = commit(&mut connection, &group);
        // What the disk holds after a failed sync is not known to anybody; going on would be a guess.
        let stop = matches!(&committed, Err(error) if is_io_failure(error));
        match committed {
            Ok(stored) => {
                let traces = if group.iter().any(Write::leaves_no_trace) {
                    empty_log(&connection)
                } else {
                    Ok(())
                };
                for (write, stored) in group.drain(..).zip(stored) {
                    let answer = match &traces {
                        Err(error) if write.leaves_no_trace() => Err(error.clone()),
                        _ => Ok(stored),
                    };
                    // Whoever asked may have gone; what is done stays done.
                    let _ = write.reply.send(answer);
                }
            }
            Err(error) => {
                let error = unavailable(&error);
                for write in group.drain(..) {
                    let _ = write.reply.send(Err(error.clone()));
                }
            }
        }
        if stop {
            return;
        }
    }
}

/// Carries out all of `group` or nothing; says what is in each place then.
fn commit(connection: &mut Connection, group: &[Write]) -> rusqlite::Result<Vec<Option<Vec<u8>>>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let stored = group.iter().map(|write| write.apply(&transaction)).collect::<Result<_, _>>()?;
    transaction.commit()?;
    Ok(stored)
}

impl Write {
    /// Whether copies in the write-ahead log must go before the answer. A transaction's key is destroyed
    /// at every sign-in, too often for that; the next deletion of a subject takes its copies along.
    fn leaves_no_trace(&self) -> bool {
        self.wrapped.is_none()
            && !matches!(&self.place, Place::Key(owner) if owner.category == Category::Transaction)
    }

    fn apply(&self, connection: &Connection) -> rusqlite::Result<Option<Vec<u8>>> {
        let Some(wrapped) = &self.wrapped else {
            match &self.place {
                Place::Key(owner) => connection
                    .prepare_cached("DELETE FROM data_key WHERE owner = ?1")?
                    .execute(params![owner.to_bytes()])?,
                Place::Secret(name) => connection
                    .prepare_cached("DELETE FROM secret WHERE name = ?1")?
                    .execute(params![name])?,
            };
            return Ok(None);
        };
        if let Some(stored) = read(connection, &self.place)? {
            return Ok(Some(stored));
        }
        match &self.place {
            Place::Key(owner) => connection
                .prepare_cached("INSERT INTO data_key (owner, wrapped) VALUES (?1, ?2)")?
                .execute(params![owner.to_bytes(), wrapped])?,
            Place::Secret(name) => connection
                .prepare_cached("INSERT INTO secret (name, wrapped) VALUES (?1, ?2)")?
                .execute(params![name, wrapped])?,
        };
        Ok(Some(wrapped.clone()))
    }
}

/// Moves the write-ahead log into the file and cuts it, so that no page with a deleted key is left in it.
fn empty_log(connection: &Connection) -> Result<(), VaultError> {
    let hindered = connection
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0))
        .map_err(|error| unavailable(&error))?;
    if hindered {
        return Err(VaultError::Unavailable(
            "deleted, but another process keeps copies in the write-ahead log; ask again".into(),
        ));
    }
    Ok(())
}

fn is_io_failure(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}
