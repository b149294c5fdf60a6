//! An order: a command, and who gives it, when and why.

use std::sync::Arc;

use moneta_events::{Actor, Reason, Sealed, StreamId, Timestamp};
use uuid::Uuid;

use crate::domain::Aggregate;

/// A command with its circumstances. A retry carries the same `id` and is recognised by it.
#[derive(Debug)]
pub struct Order<A: Aggregate> {
    /// Random per attempt of a caller, never derived from what the caller presents.
    pub id: Uuid,
    /// What is asked.
    pub command: A::Command,
    /// The circumstances.
    pub context: Context,
}

/// The circumstances of an order; they go into the envelopes of its events.
#[derive(Debug, Clone)]
pub struct Context {
    /// When it was given, by this node's clock.
    pub now: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// Address and user agent, sealed for this stream. The first event of the order carries it.
    pub source: Option<Sealed>,
    /// The transaction it is part of.
    pub transaction: Option<StreamId>,
    /// The request that caused it.
    pub causation: Uuid,
    /// Shared by all that one login leads to.
    pub correlation: Uuid,
}

/// An order that was carried out.
#[derive(Debug, Clone)]
pub struct Carried<A> {
    /// The state it led to.
    pub state: Arc<A>,
    /// Position of its last event in the log; `None` where there was nothing to record.
    pub position: Option<u64>,
}

/// An order that was not carried out.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// A rule says no; where the rules demand it, that is on record.
    #[error("refused: {}", .0.as_str())]
    Refused(Reason),
    /// Too much is going on; nothing happened. Try again shortly.
    #[error("too many orders are waiting")]
    Busy,
    /// The store does not answer, or whether it wrote is not known.
    #[error("the event store failed: {0}")]
    Store(Arc<str>),
    /// The stream cannot be read, or its actor panicked twice; an operator must look at it.
    #[error("stream {0} is quarantined")]
    Quarantined(StreamId),
}
