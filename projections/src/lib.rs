//! Read models of Moneta, rebuilt from its event log and from nothing else.
//!
//! Two kinds. A [`View`] is folded from one stream, in memory, and may answer security questions: it
//! states the revision it has seen. A [`Projection`] is a table of `read.db` over all streams, for people
//! who look for something; it states the log position it has seen. Neither knows a clock, randomness,
//! keys or rules. Both stop at an event they cannot read and never skip one.

pub mod checkpoint;
pub mod client;
pub mod consent;
pub mod database;
pub mod introspection;
pub mod keyring;
pub mod projection;
mod query;
pub mod rebuild;
pub mod registry;
mod rows;
pub mod runner;
pub mod sealed_field;
pub mod session;
pub mod subject;
pub mod timeline;
pub mod username;
pub mod view;
mod words;

pub use projection::{Event, Projection, ProjectionError, Rejected};
pub use query::{Page, QueryError};
pub use runner::{CatchUpError, Halt, Runner, Step, catch_up};
pub use view::{Facts, Folded, View, fold};

/// Every projection there is.
pub const ALL: [&dyn Projection; 3] =
    [&timeline::Timeline, &registry::Clients, &registry::Subjects];
