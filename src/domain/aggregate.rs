//! What every kind of stream has in common: it decides on commands and evolves by events.

use std::fmt::Debug;

use moneta_events::{Category, ClientId, EventPayload, Reason, SubjectId};

/// One kind of stream: the state its events fold to, and the rules of what may happen next.
pub trait Aggregate: Default + Clone + Debug + Send + Sync + 'static {
    /// The streams it is for.
    const CATEGORY: Category;
    /// What may be asked of it.
    type Command: Debug + Send + Sync;
    /// What can have happened to it.
    type Event: EventPayload + Debug + PartialEq;

    /// Decides on a command. The same state and command give the same decision on any machine, any year.
    fn decide(&self, command: &Self::Command) -> Decision<Self>;

    /// Takes in an event. Total: what is on record is history and is never rejected.
    fn evolve(&mut self, event: &Self::Event);

    /// Whether the order that recorded this event was carried out. That is not the event's own outcome: a
    /// denial is on record as denied, and the order to deny was carried out.
    fn verdict(_: &Self::Event) -> Result<(), Reason> {
        Ok(())
    }

    /// Whom the stream concerns, as far as known; envelopes name it.
    fn subject(&self) -> Option<SubjectId> {
        None
    }

    /// Whether nothing is waited for any more, so that its warm copy can go soon.
    fn is_settled(&self) -> bool {
        false
    }

    /// Which client it concerns; envelopes name it.
    fn client(&self) -> Option<&ClientId> {
        None
    }
}

/// What follows from a command: events to record, and whether the command was carried out. A refusal may
/// have events too: a replayed code revokes what it bought.
#[derive(Debug, Clone)]
pub struct Decision<A: Aggregate> {
    /// To be recorded in one append.
    pub events: Vec<A::Event>,
    /// Whether the command was carried out.
    pub verdict: Result<(), Reason>,
}

impl<A: Aggregate> Decision<A> {
    /// Carried out, by one event.
    pub fn record(event: A::Event) -> Self {
        Self { events: vec![event], verdict: Ok(()) }
    }

    /// Carried out, by several events.
    pub const fn record_all(events: Vec<A::Event>) -> Self {
        Self { events, verdict: Ok(()) }
    }

    /// Already as the command wants it.
    pub const fn nothing_to_do() -> Self {
        Self { events: Vec::new(), verdict: Ok(()) }
    }

    /// Refused, with nothing to record.
    pub const fn refuse(refusal: Reason) -> Self {
        Self { events: Vec::new(), verdict: Err(refusal) }
    }

    /// Refused, and that goes on record.
    pub const fn refuse_and_record(refusal: Reason, events: Vec<A::Event>) -> Self {
        Self { events, verdict: Err(refusal) }
    }
}
