//! One batch of appends in one transaction.

use std::time::Duration;

use moneta_events::StreamId;
use quick_cache::unsync::Cache;
use rusqlite::{
    Connection, ErrorCode, Statement,
    ffi::{SQLITE_CONSTRAINT_UNIQUE, SQLITE_FULL},
};

use super::{
    committer::Outcome,
    connection::{self, Writable},
};
use crate::store::{Append, AppendError, Appended, Expected};

/// How many streams' heads are remembered, so that most appends need no look into the index.
const HEADS: usize = 65_536;

/// The write-ahead log is moved into the database when it has grown by this many frames (4 MiB).
const CHECKPOINT_FRAMES: i64 = 1_000;

/// With this many frames (64 MiB), readers that stand in the way are waited for.
const CROWDED_FRAMES: i64 = 16_000;

/// A batch that was not acknowledged.
pub(super) struct Failure {
    pub(super) cause: rusqlite::Error,
    /// Whether it may be on the disk nevertheless.
    pub(super) unknown: bool,
    /// Whether the connection must not be used again.
    pub(super) broken: bool,
}

/// A connection with its prepared statements.
pub(super) struct Writer<'c> {
    connection: &'c Connection,
    begin: Statement<'c>,
    insert: Statement<'c>,
    last: Statement<'c>,
    commit: Statement<'c>,
    frames: Statement<'c>,
    heads: Cache<StreamId, u64>,
    head: u64,
    max_pages: Option<u32>,
    checkpoint_at: i64,
}

impl<'c> Writer<'c> {
    pub(super) fn new(log: &'c Writable) -> rusqlite::Result<Self> {
        let connection = &log.connection;
        Ok(Self {
            connection,
            begin: connection.prepare("BEGIN IMMEDIATE")?,
            insert: connection.prepare(
                "INSERT INTO events (position, stream, revision, body) VALUES (?1, ?2, ?3, ?4)",
            )?,
            last: connection.prepare("SELECT max(revision) FROM events WHERE stream = ?1")?,
            commit: connection.prepare("COMMIT")?,
            frames: connection.prepare("PRAGMA wal_checkpoint(NOOP)")?,
            heads: Cache::new(HEADS),
            head: log.head,
            max_pages: None,
            checkpoint_at: CHECKPOINT_FRAMES,
        })
    }

    /// The position of the newest event.
    pub(super) const fn head(&self) -> u64 {
        self.head
    }

    /// Carries out all appends that stand where they should, durably, and leaves one outcome for each.
    pub(super) fn write<'a>(
        &mut self,
        appends: impl Iterator<Item = &'a Append>,
        max_pages: u32,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failure> {
        let head = self.head;
        self.transact(appends, max_pages, outcomes).map_err(|failure| {
            outcomes.clear();
            self.head = head;
            self.heads.clear();
            self.roll_back(failure)
        })
    }

    fn transact<'a>(
        &mut self,
        appends: impl Iterator<Item = &'a Append>,
        max_pages: u32,
        outcomes: &mut Vec<Outcome>,
    ) -> Result<(), Failure> {
        self.limit(max_pages).map_err(Failure::before_commit)?;
        self.begin.raw_execute().map_err(Failure::before_commit)?;
        for append in appends {
            outcomes.push(match self.append(append).map_err(Failure::before_commit)? {
                Some(appended) => Ok(appended),
                None => Err(AppendError::Conflict),
            });
        }
        self.commit.raw_execute().map_err(Failure::at_commit)?;
        Ok(())
    }

    /// Nothing where the stream does not stand at the expected place.
    fn append(&mut self, append: &Append) -> rusqlite::Result<Option<Appended>> {
        let stream = append.stream.to_bytes();
        let stands = match append.expected {
            // The first insert finds out by itself.
            Expected::NoStream => self.heads.get(&append.stream).is_none(),
            Expected::Revision(revision) => self.last(append.stream)? == Some(revision),
        };
        if !stands {
            return Ok(None);
        }
        let mut position = self.head;
        let mut revision = append.expected.next_revision();
        for body in &append.bodies {
            position += 1;
            self.insert.raw_bind_parameter(1, position.cast_signed())?;
            self.insert.raw_bind_parameter(2, stream.as_slice())?;
            self.insert.raw_bind_parameter(3, revision.cast_signed())?;
            self.insert.raw_bind_parameter(4, std::str::from_utf8(body)?)?;
            match self.insert.raw_execute() {
                Ok(_) => revision += 1,
                Err(cause) if revision == 0 && is_taken(&cause) => return Ok(None),
                Err(cause) => return Err(cause),
            }
        }
        self.head = position;
        let last_revision = revision - 1;
        self.heads.insert(append.stream, last_revision);
        Ok(Some(Appended { last_revision, last_position: position }))
    }

    /// The revision of a stream's last event.
    fn last(&mut self, stream: StreamId) -> rusqlite::Result<Option<u64>> {
        if let Some(revision) = self.heads.get(&stream) {
            return Ok(Some(*revision));
        }
        let last: Option<i64> =
            self.last.query_row([stream.to_bytes().as_slice()], |row| row.get(0))?;
        let last = last.map(i64::cast_unsigned);
        if let Some(revision) = last {
            self.heads.insert(stream, revision);
        }
        Ok(last)
    }

    fn limit(&mut self, max_pages: u32) -> rusqlite::Result<()> {
        if self.max_pages != Some(max_pages) {
            self.connection.pragma_update(None, "max_page_count", max_pages)?;
            self.max_pages = Some(max_pages);
        }
        Ok(())
    }

    fn roll_back(&self, mut failure: Failure) -> Failure {
        if !self.connection.is_autocommit()
            && let Err(cause) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%cause, "the failed batch cannot be rolled back");
            failure.broken = true;
        }
        failure
    }

    /// Moves the write-ahead log into the database once it has grown, while nobody waits for an answer.
    pub(super) fn checkpoint(&mut self) -> rusqlite::Result<()> {
        let frames: i64 = self.frames.query_row([], |row| row.get(1))?;
        if frames < self.checkpoint_at {
            // A writer that found the log moved begins it anew.
            if frames < CHECKPOINT_FRAMES {
                self.checkpoint_at = CHECKPOINT_FRAMES;
            }
            return Ok(());
        }
        let mode = if frames < CROWDED_FRAMES { "PASSIVE" } else { "RESTART" };
        self.connection.busy_timeout(Duration::from_millis(100))?;
        self.connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))?;
        self.connection.busy_timeout(connection::PATIENCE)?;
        self.checkpoint_at = frames + CHECKPOINT_FRAMES;
        Ok(())
    }
}

impl Failure {
    /// Without a COMMIT nothing is written.
    fn before_commit(cause: rusqlite::Error) -> Self {
        let healthy = is_full(&cause) || cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        Self { cause, unknown: false, broken: !healthy }
    }

    /// A full disk leaves the last frame, and with it the transaction, unfinished. After anything else
    /// the frames may be complete, though not known to be on the disk.
    fn at_commit(cause: rusqlite::Error) -> Self {
        let full = is_full(&cause);
        Self { cause, unknown: !full, broken: !full }
    }
}

fn is_full(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_FULL)
}

/// Whether the stream has an event of that revision already.
fn is_taken(cause: &rusqlite::Error) -> bool {
    cause.sqlite_error().is_some_and(|error| error.extended_code == SQLITE_CONSTRAINT_UNIQUE)
}
