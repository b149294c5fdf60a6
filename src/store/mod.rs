//! The event log. In: encoded events for one stream. Out: the same bytes, in stream or commit order.
//! Called by `engine`, `feed` and `app`; nobody else.
//!
//! The contract is per-stream compare-and-append and nothing stronger, so that every backend meets it
//! natively. `tests/store` holds the suite every backend must pass.

use std::sync::Arc;

use async_trait::async_trait;
use moneta_events::{Category, Recorded, StreamId};

pub mod guard;
pub mod memory;
pub mod sqlite;
pub mod vault;

/// Where a stream must stand for an append to be accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// It must not exist.
    NoStream,
    /// Its last event must have this revision.
    Revision(u64),
}

impl Expected {
    /// The revision the first appended event gets.
    pub const fn next_revision(self) -> u64 {
        match self {
            Self::NoStream => 0,
            Self::Revision(last) => last + 1,
        }
    }
}

/// Encoded events for one stream, all or nothing.
#[derive(Debug, Clone)]
pub struct Append {
    /// The stream.
    pub stream: StreamId,
    /// Where it must stand.
    pub expected: Expected,
    /// One envelope each, in order; their revisions follow `expected`.
    pub bodies: Vec<Arc<[u8]>>,
}

impl Append {
    /// The most bytes the bodies of one append hold together; what KurrentDB takes by default.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Whether a log may keep this for ever. Every store asks before it writes.
    pub fn check(&self) -> Result<(), AppendError> {
        if self.bodies.is_empty() {
            return Err(AppendError::Invalid("there is no event in it"));
        }
        if self.bodies.iter().map(|body| body.len()).sum::<usize>() > Self::MAX_BYTES {
            return Err(AppendError::Invalid("it is larger than a log takes at once"));
        }
        let json = |body: &Arc<[u8]>| {
            std::str::from_utf8(body).is_ok_and(|text| {
                text.starts_with('{') && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
            })
        };
        if self.bodies.iter().all(json) {
            Ok(())
        } else {
            Err(AppendError::Invalid("a body is not a JSON object"))
        }
    }
}

/// What a durable append led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Place of the last event in the stream.
    pub last_revision: u64,
    /// Place of the last event in the log.
    pub last_position: u64,
}

/// Why an append was not, or may not have been, carried out.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The stream does not stand where the caller thought; nothing was written.
    #[error("the stream has moved")]
    Conflict,
    /// No log takes this, now or later: the caller made a mistake. Nothing was written.
    #[error("this is not an append: {0}")]
    Invalid(&'static str),
    /// Too much is waiting already; nothing was written. Try again shortly.
    #[error("the store has no room for another append right now")]
    Busy,
    /// Nothing was written, and nothing will be until somebody acts (disk full, read-only, closed).
    #[error("the store cannot write: {0}")]
    Unavailable(String),
    /// Whether it was written is not known. Only a fresh read of the stream tells.
    #[error("whether the store wrote is not known: {0}")]
    Unknown(String),
}

/// The store cannot be read right now.
#[derive(Debug, thiserror::Error)]
#[error("the store cannot be read: {0}")]
pub struct Unavailable(pub String);

/// An append-only log of streams.
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Durably appends all bodies or none, and only while the stream stands at `expected`. An answer of
    /// `Ok` means it survives a power cut. The append goes on even if the caller stops waiting.
    async fn append(&self, append: Append) -> Result<Appended, AppendError>;

    /// Reads at most `limit` events of a stream from `from_revision` on, and has seen every
    /// acknowledged append. Empty where there is nothing.
    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable>;

    /// Reads at most `limit` events of all streams after `position` (0 for the beginning) in commit
    /// order. Positions are gap-free: a reader that goes on from the last one it saw misses nothing.
    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable>;

    /// The position of the newest event, 0 where there is none.
    async fn head(&self) -> Result<u64, Unavailable>;

    /// Every stream of `category`, by name. For the kinds of which there are few, such as clients: a
    /// backend without an index of streams reads the whole log for it, as this does.
    async fn streams(&self, category: Category) -> Result<Vec<StreamId>, Unavailable> {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = self.read_all(after, PAGE).await?;
            let begun = page.iter().filter(|event| event.revision == 0).map(|event| event.stream);
            found.extend(begun.filter(|stream| stream.category == category));
            match page.last() {
                Some(last) if page.len() == PAGE => after = last.position,
                _ => break,
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}

/// Events that [`EventStore::streams`] reads at a time.
const PAGE: usize = 1_000;
