//! The rules of each kind of stream. In: the state a stream's events led to, and a command with every
//! fact it needs (time, fresh identifiers, answers of others). Out: events, or a refusal. Pure: no I/O,
//! no clock, no randomness. Called by `engine` alone; `protocol` makes the commands.

pub mod aggregate;
pub mod approval;
pub mod backchannel;
pub mod client;
pub mod consent;
pub mod device;
pub mod direct;
pub mod factors;
pub mod journal;
pub mod keyring;
pub mod pkce;
pub mod session;
pub mod subject;
pub mod tokens;
pub mod transaction;
pub mod username;

pub use aggregate::{Aggregate, Decision};
