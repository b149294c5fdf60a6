//! What all queries of `read.db` have in common.

use rusqlite::Connection;

use crate::{
    Projection,
    checkpoint::{self, Checkpoint},
};

/// The most rows one page can have.
pub(crate) const PAGE: u32 = 1_000;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The table is being built for the first time.
    #[error("this list is still being built; try again shortly")]
    NotReady,
    /// The table is of another version, one this program cannot read, and is being rebuilt.
    #[error("this list is being rebuilt for this version; try again shortly")]
    Rebuilding,
    /// SQLite refused.
    #[error("this list cannot be read: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// Some rows of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R, C> {
    /// They.
    pub rows: Vec<R>,
    /// Where the next page starts, where there is one.
    pub next: Option<C>,
    /// The log position the rows are as of.
    pub position: u64,
}

impl<R, C> Page<R, C> {
    /// A page of at most `limit` of `rows`, which hold one more where there is another page.
    pub(crate) fn cut(
        mut rows: Vec<R>,
        limit: u32,
        position: u64,
        place: impl FnOnce(&R) -> C,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(place);
        Self { rows, next, position }
    }
}

/// Answers a question that is put to the served table of `projection`.
pub(crate) fn ask<T>(
    connection: &Connection,
    projection: &dyn Projection,
    question: impl FnOnce(&Checkpoint) -> rusqlite::Result<T>,
) -> Result<T, QueryError> {
    let served = checkpoint::served(connection, projection.name())?.ok_or(QueryError::NotReady)?;
    question(&served).map_err(|cause| {
        // A table of another version may well have other columns.
        if served.version == projection.version() { cause.into() } else { QueryError::Rebuilding }
    })
}
