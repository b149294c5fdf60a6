//! The event catalogue and log format of Moneta: the public contract between the provider, its
//! read models and every auditor who will replay the log.
//!
//! An event is one JSON text, stored and hashed exactly as it was written ([`Envelope`]). What never
//! changes: the name and the meaning of an event type, the meaning of a field, and the bytes of what is
//! on record. New meaning is a new schema number with an [`upcast`] step from the old one. Secrets appear
//! only as [`Digest`]s, personal data only as [`Sealed`] fields.
//!
//! This crate knows no clock, no randomness, no I/O and holds no keys.

pub mod approval;
pub mod backchannel;
pub mod catalog;
pub mod chain;
pub mod client;
pub mod codec;
pub mod configuration;
pub mod consent;
pub mod device;
pub mod direct;
pub mod envelope;
pub mod factor;
pub mod id;
pub mod incident;
pub mod keyring;
pub mod payload;
pub mod reason;
pub mod sealed;
pub mod session;
pub mod subject;
pub mod timestamp;
pub mod token;
pub mod transaction;
pub mod upcast;
pub mod username;
pub mod values;

pub use codec::{DecodeError, Recorded};
pub use envelope::{Actor, ActorKind, Envelope, Head, Outcome, Verdict};
pub use id::{Category, StreamId, SubjectId};
pub use payload::{EventPayload, EventType};
pub use reason::Reason;
pub use sealed::Sealed;
pub use timestamp::Timestamp;
pub use values::{ClientId, Digest, Scope};
