//! What happened in each grant, for people: operators who look for one ([`list`]), and anybody who reads
//! one event by event ([`describe()`]).
//!
//! In: events of transaction and direct streams. Out: rows without personal data, and plain sentences.

mod describe;
mod factors;
mod query;
mod sentences;
mod summary;
mod table;

pub use describe::{Describe, Entry, describe, describe_recorded};
pub use query::{Cursor, Filter, Lapsed, NotACursor, Page, find, list, overdue};
pub use summary::{Ending, State, Summary};
pub use table::Timeline;
