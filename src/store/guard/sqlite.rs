//! Reservations in a SQLite file of their own: one thread carries out what waits, in groups that share a
//! commit, and answers when it is on the disk.

use std::{
    fs::OpenOptions,
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    thread,
};

use async_trait::async_trait;
use moneta_events::{Digest, StreamId, Timestamp};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, TransactionBehavior, params};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::{GuardError, GuardStore, Kind, Reservation};

/// The layout this version writes, in `user_version`.
const LAYOUT: i64 = 1;
/// Requests that may wait; beyond, the answer is [`GuardError::Busy`].
const WAITING: usize = 4096;
/// Requests that share one commit.
const GROUP: usize = 256;
/// Rows that one purge takes out, so that it does not hold up those who wait.
const PURGED: i64 = 1_000;

/// Durable before it answers (`synchronous=FULL`). The thread ends when this is dropped.
#[derive(Debug)]
pub struct SqliteGuards(mpsc::Sender<Box<dyn Job>>);

/// Why reservations cannot be kept in a file.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum OpenError {
    /// The system refused.
    #[error("the reservations {} cannot be made: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// SQLite refused.
    #[error("the reservations {} cannot be opened: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    /// A later version of the program wrote it.
    #[error("the reservations {} have layout {layout}, which is newer than this program", path.display())]
    Newer { path: PathBuf, layout: i64 },
}

impl SqliteGuards {
    /// Opens the file at `path`, or makes one that only its owner may read. Whoever writes the log beside
    /// it is alone with it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
        create(path).map_err(io)?;
        let connection = connect(path).map_err(sqlite)?;
        let layout = connection
            .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .map_err(sqlite)?;
        if layout > LAYOUT {
            return Err(OpenError::Newer { path: path.to_owned(), layout });
        }
        connection.execute_batch(include_str!("schema.sql")).map_err(sqlite)?;
        connection.pragma_update(None, "user_version", LAYOUT).map_err(sqlite)?;
        let (sender, waiting) = mpsc::channel(WAITING);
        let file = path.to_owned();
        thread::Builder::new()
            .name("guards".to_owned())
            .spawn(move || serve(&file, connection, waiting))
            .map_err(io)?;
        Ok(Self(sender))
    }

    async fn ask<T, F>(&self, work: F) -> Result<T, GuardError>
    where
        T: Send + 'static,
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let stopped = || GuardError::Unavailable("its thread has stopped".to_owned());
        let (reply, answer) = oneshot::channel();
        let task = Box::new(Task { work, done: None, reply });
        self.0.try_send(task).map_err(|refused| match refused {
            TrySendError::Full(_) => GuardError::Busy,
            TrySendError::Closed(_) => stopped(),
        })?;
        answer.await.map_err(|_| stopped())?
    }
}

#[async_trait]
impl GuardStore for SqliteGuards {
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<bool, GuardError> {
        // What is there and has not expired stays, and then no row is changed: that is the loss.
        const RESERVE: &str = "INSERT INTO reservation (kind, digest, value, expires_at)
            VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT (kind, digest) DO UPDATE SET value = ?3, expires_at = ?4
            WHERE reservation.expires_at <= ?5";
        let Reservation { kind, digest, value, expires_at } = reservation;
        self.ask(move |connection| {
            let changed = connection.prepare_cached(RESERVE)?.execute(params![
                kind as u8,
                digest.0,
                value.map(StreamId::to_bytes),
                expires_at.as_micros(),
                now.as_micros(),
            ])?;
            Ok(changed == 1)
        })
        .await
    }

    async fn find(
        &self,
        kind: Kind,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<StreamId>, GuardError> {
        const FIND: &str = "SELECT value FROM reservation
            WHERE kind = ?1 AND digest = ?2 AND expires_at > ?3";
        self.ask(move |connection| {
            let found = connection
                .prepare_cached(FIND)?
                .query_row(params![kind as u8, digest.0, now.as_micros()], |row| {
                    row.get::<_, Option<[u8; 17]>>(0)
                })
                .optional()?;
            Ok(found.flatten().and_then(|bytes| StreamId::from_bytes(&bytes)))
        })
        .await
    }

    async fn release(
        &self,
        kind: Kind,
        digest: Digest,
        value: Option<StreamId>,
    ) -> Result<(), GuardError> {
        const RELEASE: &str =
            "DELETE FROM reservation WHERE kind = ?1 AND digest = ?2 AND value IS ?3";
        self.ask(move |connection| {
            let named = params![kind as u8, digest.0, value.map(StreamId::to_bytes)];
            connection.prepare_cached(RELEASE)?.execute(named).map(drop)
        })
        .await
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, GuardError> {
        const PURGE: &str = "DELETE FROM reservation WHERE (kind, digest) IN
            (SELECT kind, digest FROM reservation WHERE expires_at <= ?1 LIMIT ?2)";
        let mut purged = 0;
        loop {
            let gone = self
                .ask(move |connection| {
                    let bounds = params![now.as_micros(), PURGED];
                    Ok(connection.prepare_cached(PURGE)?.execute(bounds)? as u64)
                })
                .await?;
            purged += gone;
            if gone < PURGED.unsigned_abs() {
                return Ok(purged);
            }
        }
    }
}

/// Something to do inside a shared transaction, and to answer when that is on the disk.
trait Job: Send {
    fn carry_out(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, committed: Result<(), GuardError>);
}

struct Task<T, F> {
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, GuardError>>,
}

impl<T: Send, F: Fn(&Connection) -> rusqlite::Result<T> + Send> Job for Task<T, F> {
    fn carry_out(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.done = Some((self.work)(connection)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), GuardError>) {
        let done = self.done.ok_or_else(|| GuardError::Unavailable("nothing was done".to_owned()));
        // Whoever asked may have gone; what is done stays done.
        let _ = self.reply.send(committed.and(done));
    }
}

/// Carries out what waits, as much at a time as has come. A connection that failed at the disk is not
/// used again: the next group gets one that has recovered what is there.
fn serve(path: &Path, connection: Connection, mut waiting: mpsc::Receiver<Box<dyn Job>>) {
    let mut usable = Some(connection);
    let mut group = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        let committed = match usable.take().map_or_else(|| connect(path), Ok) {
            Ok(mut connection) => {
                let committed = commit(&mut connection, &mut group);
                if !matches!(&committed, Err(error) if is_io_failure(error)) {
                    usable = Some(connection);
                }
                committed
            }
            Err(error) => Err(error),
        };
        if let Err(error) = &committed {
            tracing::error!(%error, "reservations cannot be written");
        }
        let committed = committed.map_err(|error| GuardError::Unavailable(error.to_string()));
        group.drain(..).for_each(|job| job.answer(committed.clone()));
    }
}

fn commit(connection: &mut Connection, group: &mut [Box<dyn Job>]) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    group.iter_mut().try_for_each(|job| job.carry_out(&transaction))?;
    transaction.commit()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY;
         PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON;
         PRAGMA busy_timeout = 5000;",
    )?;
    Ok(connection)
}

fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn is_io_failure(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}
