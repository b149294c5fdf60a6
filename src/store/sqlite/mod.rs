//! The log in one SQLite database, for one node. In: appends and reads. Out: what is durable, and the
//! bytes as they were written. Called as any [`EventStore`]; `app` and the offline verbs open it.
//!
//! ```text
//! append -> queue (full: Busy) -> committer: one thread, one connection, one transaction a batch
//! read   -> queue of a reader  -> a few threads, each with a read-only connection
//! ```
//! The directory holds `events.db` with SQLite's `-wal` and `-shm` beside it, and `events.lock`, held
//! for as long as somebody writes.

use std::path::Path;

use async_trait::async_trait;
use moneta_events::{Category, Recorded, StreamId};

use super::{Append, AppendError, Appended, EventStore, Unavailable};

mod committer;
mod connection;
mod lock;
mod reader;
mod writer;

pub use connection::{OpenError, OpenProblem};

use committer::Committer;
use lock::WriterLock;
use reader::Readers;

/// The size of a page of the database, SQLite's default.
const PAGE: u64 = 4096;

/// An event log in a directory of its own. Dropping it closes it and blocks until what waits is written;
/// [`SqliteLog::close`] waits without blocking.
#[derive(Debug)]
pub struct SqliteLog {
    id: String,
    readers: Readers,
    /// None where the log was opened for reading.
    committer: Option<Committer>,
}

impl SqliteLog {
    /// Opens the log in `directory` for writing, alone; creates both where they do not exist.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let failed =
            |cause| OpenError { path: directory.to_owned(), problem: OpenProblem::File(cause) };
        create_directory(directory).map_err(failed)?;
        let lock = WriterLock::acquire(&directory.join("events.lock"))?;
        let path = directory.join("events.db");
        let log = connection::open_writable(&path)?;
        let readers = Readers::start(&path)?;
        let id = connection::log_id(&log.connection, &path)?;
        let committer = Committer::start(path, log, lock).map_err(failed)?;
        Ok(Self { id, readers, committer: Some(committer) })
    }

    /// Opens the log in `directory` for reading, beside whoever writes it. Appends are refused.
    pub fn open_read_only(directory: &Path) -> Result<Self, OpenError> {
        let path = directory.join("events.db");
        let id = connection::log_id(&connection::open_readable(&path)?, &path)?;
        Ok(Self { id, readers: Readers::start(&path)?, committer: None })
    }

    /// Names this log for ever: what was derived from another one has another id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Lets the database grow to about `bytes` and no further, or as far as the disk goes. Appends that
    /// would need more are refused until there is room.
    pub fn limit_size(&self, bytes: Option<u64>) {
        if let Some(committer) = &self.committer {
            let pages = bytes.map(|bytes| u32::try_from(bytes / PAGE).unwrap_or(u32::MAX).max(1));
            committer.limit_pages(pages);
        }
    }

    /// Ends writing: what waits is carried out, later appends are refused, and the lock is free when
    /// this returns. Reads go on.
    pub async fn close(&self) {
        if let Some(committer) = &self.committer {
            committer.close().await;
        }
    }
}

#[async_trait]
impl EventStore for SqliteLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        match &self.committer {
            Some(committer) => committer.append(append).await,
            None => Err(AppendError::Unavailable("the log was opened for reading".to_owned())),
        }
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        self.readers.stream(stream, from_revision, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        self.readers.all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        self.readers.head().await
    }

    async fn streams(&self, category: Category) -> Result<Vec<StreamId>, Unavailable> {
        self.readers.streams(category).await
    }
}

/// Creates the directory for nobody else to look into.
fn create_directory(directory: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}
