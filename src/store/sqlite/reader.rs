//! Threads that read. Each has a connection of its own and answers everything that waits from one
//! snapshot, taken after it was asked: so every acknowledged append is in it.

use std::{
    path::Path,
    sync::Arc,
    thread::{self, JoinHandle},
};

use moneta_events::{Category, Recorded, StreamId};
use rusqlite::{Connection, Row, types::Type};
use tokio::sync::{mpsc, oneshot};

use super::{OpenError, OpenProblem, connection};
use crate::store::Unavailable;

/// How many threads read streams; each stream has one of them.
const STREAM_READERS: usize = 4;

/// How many reads may wait for a thread before a caller waits to ask.
const QUEUE: usize = 1024;

/// How many reads share a snapshot at most.
const BATCH: usize = 64;

type Reply<T> = oneshot::Sender<Result<T, Unavailable>>;

enum Query {
    Stream { stream: StreamId, from_revision: u64, limit: usize, reply: Reply<Vec<Recorded>> },
    All { after: u64, limit: usize, reply: Reply<Vec<Recorded>> },
    Head { reply: Reply<u64> },
    Streams { category: Category, reply: Reply<Vec<StreamId>> },
}

/// The reading threads: some for streams, one for the log as a whole.
#[derive(Debug)]
pub(super) struct Readers {
    streams: Vec<Reader>,
    log: Reader,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let streams = (0..STREAM_READERS)
            .map(|number| Reader::start(path, format!("log-reader-{number}")))
            .collect::<Result<_, _>>()?;
        Ok(Self { streams, log: Reader::start(path, "log-reader-all".to_owned())? })
    }

    pub(super) async fn stream(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        let query = Query::Stream { stream, from_revision, limit, reply };
        // The last byte of a UUID is random, whatever its version.
        let reader = usize::from(stream.uuid.as_bytes()[15]) % STREAM_READERS;
        self.streams[reader].ask(query, answer).await
    }

    pub(super) async fn all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.log.ask(Query::All { after, limit, reply }, answer).await
    }

    pub(super) async fn head(&self) -> Result<u64, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.log.ask(Query::Head { reply }, answer).await
    }

    pub(super) async fn streams(&self, category: Category) -> Result<Vec<StreamId>, Unavailable> {
        let (reply, answer) = oneshot::channel();
        self.log.ask(Query::Streams { category, reply }, answer).await
    }
}

#[derive(Debug)]
struct Reader {
    inbox: Option<mpsc::Sender<Query>>,
    thread: Option<JoinHandle<()>>,
}

impl Reader {
    fn start(path: &Path, name: String) -> Result<Self, OpenError> {
        let connection = connection::open_readable(path)?;
        let (sender, inbox) = mpsc::channel(QUEUE);
        let thread = thread::Builder::new()
            .name(name)
            .spawn(move || answer_all(&connection, inbox))
            .map_err(|cause| OpenError {
                path: path.to_owned(),
                problem: OpenProblem::File(cause),
            })?;
        Ok(Self { inbox: Some(sender), thread: Some(thread) })
    }

    async fn ask<T>(
        &self,
        query: Query,
        answer: oneshot::Receiver<Result<T, Unavailable>>,
    ) -> Result<T, Unavailable> {
        let gone = || Unavailable("the reading thread died".to_owned());
        let inbox = self.inbox.as_ref().expect("the sender is taken only when this is dropped");
        inbox.send(query).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

fn answer_all(connection: &Connection, mut inbox: mpsc::Receiver<Query>) {
    let run = |sql| connection.prepare_cached(sql)?.execute([]);
    let mut waiting = Vec::with_capacity(BATCH);
    while inbox.blocking_recv_many(&mut waiting, BATCH) > 0 {
        // Without a shared snapshot each read takes its own, which is only slower.
        let shared = waiting.len() > 1 && run("BEGIN").is_ok();
        for query in waiting.drain(..) {
            query.answer(connection);
        }
        if shared && let Err(cause) = run("COMMIT") {
            // In this snapshot every later read would be stale.
            tracing::error!(%cause, "a reading thread cannot leave its snapshot and stops");
            return;
        }
    }
}

impl Query {
    /// The caller may have stopped waiting; then nobody hears the answer.
    fn answer(self, connection: &Connection) {
        match self {
            Self::Stream { stream, from_revision, limit, reply } => {
                let _ = reply.send(read(connection, stream, from_revision, limit).map_err(failed));
            }
            Self::All { after, limit, reply } => {
                let _ = reply.send(read_all(connection, after, limit).map_err(failed));
            }
            Self::Head { reply } => {
                let _ = reply.send(head(connection).map_err(failed));
            }
            Self::Streams { category, reply } => {
                let _ = reply.send(streams(connection, category).map_err(failed));
            }
        }
    }
}

fn read(
    connection: &Connection,
    stream: StreamId,
    from_revision: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Recorded>> {
    connection
        .prepare_cached(
            "SELECT position, revision, body FROM events WHERE stream = ?1 AND revision >= ?2 \
             ORDER BY revision LIMIT ?3",
        )?
        .query_map((stream.to_bytes().as_slice(), bound(from_revision), bound(limit)), |row| {
            Ok(Recorded {
                position: place(row, 0)?,
                stream,
                revision: place(row, 1)?,
                body: body(row, 2)?,
            })
        })?
        .collect()
}

fn read_all(connection: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Recorded>> {
    connection
        .prepare_cached(
            "SELECT position, stream, revision, body FROM events WHERE position > ?1 \
             ORDER BY position LIMIT ?2",
        )?
        .query_map((bound(after), bound(limit)), |row| {
            Ok(Recorded {
                position: place(row, 0)?,
                stream: stream(row, 1)?,
                revision: place(row, 2)?,
                body: body(row, 3)?,
            })
        })?
        .collect()
}

fn head(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT ifnull(max(position), 0) FROM events")?
        .query_row([], |row| place(row, 0))
}

/// By the index of streams: their names begin with the number of their category.
fn streams(connection: &Connection, category: Category) -> rusqlite::Result<Vec<StreamId>> {
    let (first, beyond) = ([category as u8], [category as u8 + 1]);
    connection
        .prepare_cached(
            "SELECT stream FROM events WHERE stream >= ?1 AND stream < ?2 AND revision = 0 \
             ORDER BY stream",
        )?
        .query_map((first.as_slice(), beyond.as_slice()), |row| stream(row, 0))?
        .collect()
}

/// SQLite counts to 2⁶³; nothing lies beyond.
fn bound(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

fn place(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get(column).map(i64::cast_unsigned)
}

fn stream(row: &Row<'_>, column: usize) -> rusqlite::Result<StreamId> {
    let bytes = row.get_ref(column)?.as_blob()?;
    StreamId::from_bytes(bytes).ok_or_else(|| {
        let unknown = "a stream of a category this version of Moneta does not know";
        rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, unknown.into())
    })
}

fn body(row: &Row<'_>, column: usize) -> rusqlite::Result<Arc<[u8]>> {
    Ok(row.get_ref(column)?.as_bytes()?.into())
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn failed(cause: rusqlite::Error) -> Unavailable {
    Unavailable(cause.to_string())
}
