//! Writes envelopes: everything an event says about itself beside what happened.

use std::sync::Arc;

use moneta_events::{Category, Digest, Envelope, EventPayload, Outcome, StreamId, SubjectId};

use super::order::Order;
use crate::{
    domain::Aggregate,
    runtime::{clock::Clock, entropy::Entropy},
};

/// What all events of one node under one configuration have in common.
#[derive(Clone)]
pub struct Scribe {
    /// The node's name.
    pub node: Arc<str>,
    /// The version of its configuration.
    pub configuration: Arc<str>,
    /// For `recorded_at`.
    pub clock: Arc<dyn Clock>,
    /// For event ids.
    pub entropy: Entropy,
}

/// Where in the stream an event goes.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// The stream.
    pub stream: StreamId,
    /// Its revision there.
    pub revision: u64,
    /// Digest of the event before it.
    pub previous: Digest,
}

impl Scribe {
    /// The bytes of one event. `state` is the one the event led to; `first` says whether it is the first
    /// of its order, which carries the source.
    pub fn write<A: Aggregate>(
        &self,
        place: Place,
        order: &Order<A>,
        state: &A,
        event: &A::Event,
        first: bool,
    ) -> Result<Vec<u8>, serde_json::Error> {
        let now = self.clock.now();
        let Outcome { result, reason } = event.outcome();
        let known = event.event_type();
        let context = &order.context;
        let stream = place.stream;
        let envelope = Envelope {
            id: self.entropy.uuid(now),
            event_type: known.name,
            schema: known.schema,
            stream,
            revision: place.revision,
            order: order.id,
            occurred_at: context.now,
            recorded_at: now.max(context.now),
            transaction: context.transaction.or(stream.category.is_grant().then_some(stream)),
            causation: context.causation,
            correlation: context.correlation,
            actor: context.actor.clone(),
            subject: state
                .subject()
                .or((stream.category == Category::Subject).then_some(SubjectId(stream.uuid))),
            client: state.client().cloned(),
            source: context.source.clone().filter(|_| first),
            outcome: Outcome { result, reason },
            configuration: &self.configuration,
            node: &self.node,
            previous: place.previous,
            data: &event.write()?,
        };
        Ok(envelope.to_bytes())
    }
}
