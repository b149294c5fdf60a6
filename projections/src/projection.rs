//! What a table of `read.db` is: a name, a version, a schema, and what events do to it.

use moneta_events::{Category, DecodeError, Head};
use rusqlite::Connection;

/// A table kept from the events of all streams, in commit order.
pub trait Projection: Send + Sync {
    /// The name queries use. It is a view; the table behind it has the build in its name.
    fn name(&self) -> &'static str;

    /// The version of [`Projection::schema`] and [`Projection::apply`]. Raise it with any change to what
    /// the rows say; the table is then built anew beside the old one.
    fn version(&self) -> u32;

    /// SQL that makes the table and its indexes. `{table}` stands for the table's name, and must be part
    /// of each index's name. The first column must be the primary key.
    fn schema(&self) -> &'static str;

    /// Whether events of such streams say anything to it; it is never given others.
    fn reads(&self, category: Category) -> bool;

    /// Takes events into `table`, in commit order. Reads nothing but that table and the events: no
    /// clock, no randomness, so that two builds from one log are equal, however it is cut into batches.
    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected>;
}

/// An event of the log, as projections see it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Place in the log.
    pub position: u64,
    /// What happened, where and when.
    pub head: Head<'a>,
}

/// Why events were not taken in, and which was the first that could not be.
#[derive(Debug)]
pub struct Rejected {
    /// Its place in the batch.
    pub at: usize,
    /// Why.
    pub cause: ProjectionError,
}

impl Rejected {
    /// For use with `map_err`: the event at this place is to blame.
    pub fn at<E: Into<ProjectionError>>(at: usize) -> impl FnOnce(E) -> Self {
        move |cause| Self { at, cause: cause.into() }
    }
}

/// Why an event was not taken in.
#[derive(Debug, thiserror::Error)]
pub enum ProjectionError {
    /// This program cannot read it.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// It does not follow on what the table holds of its stream.
    #[error("the event does not follow on the row of its stream")]
    OutOfSequence,
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
}
