//! Carries out orders on streams. In: a command and who gives it. Out: the state it led to, durable, or
//! why not. Rules come from `domain`, the log from `store`. Only `entity_actor` and `directory` name
//! actix; everything else is plain async code. Called by `http`, `process`, `cli` and `app`.

pub mod admission;
pub mod client_keys;
pub mod clients;
pub mod directory;
pub mod entity_actor;
pub mod execute;
pub mod facts;
pub mod fatigue;
pub mod gate;
pub mod grants;
pub mod guards;
pub mod incidents;
pub mod loaded;
pub mod order;
pub mod outbound;
pub mod pending;
pub mod people;
pub mod polling;
pub mod privacy;
pub mod scribe;
pub mod signing;
pub mod throttle;
pub mod waiters;

/// Lists over all streams, for people: they lag behind the log and say how far they are.
pub use crate::feed::queries;
