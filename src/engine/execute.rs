//! Decides, appends, evolves. No actor, no HTTP: grants without waiting call this directly, the others
//! through their actor.

use std::sync::Arc;

use moneta_events::{Digest, Reason};

use super::{
    loaded::Loaded,
    order::{Carried, Failure, Order},
    scribe::{Place, Scribe},
};
use crate::{
    domain::Aggregate,
    store::{Append, AppendError, Appended, EventStore},
};

/// Lost races after which the caller is told to come back.
const ATTEMPTS: usize = 4;
/// Events a stream may hold.
const STREAM_EVENTS: u64 = 65_536;

/// What is needed to carry out orders.
#[derive(Clone)]
pub struct Ledger {
    /// The log.
    pub store: Arc<dyn EventStore>,
    /// Writes the envelopes.
    pub scribe: Scribe,
}

/// An encoded decision.
struct Written<A> {
    bodies: Vec<Arc<[u8]>>,
    state: Arc<A>,
    digest: Digest,
}

impl Ledger {
    /// Carries out one order on a stream. Every answer is given on fresh state: what goes on record is
    /// answered after it is durable, what does not after nothing new was found.
    pub async fn execute<A: Aggregate>(
        &self,
        entity: &mut Loaded<A>,
        order: &Order<A>,
    ) -> Result<Carried<A>, Failure> {
        for _ in 0..ATTEMPTS {
            if let Some(verdict) = entity.outcome_of(order.id) {
                return carried(entity, None, verdict);
            }
            let decision = entity.state.decide(&order.command);
            if decision.events.is_empty() {
                // An append proves that the state was fresh; without one it must be asked for.
                if entity.refresh(&*self.store).await? {
                    continue;
                }
                return carried(entity, None, decision.verdict);
            }
            if entity.next_revision + decision.events.len() as u64 > STREAM_EVENTS {
                return Err(Failure::Refused(Reason::StreamFull));
            }
            let written = self.write(entity, order, &decision.events)?;
            let count = written.bodies.len() as u64;
            let append = Append {
                stream: entity.stream,
                expected: entity.expected(),
                bodies: written.bodies,
            };
            match self.store.append(append).await {
                Ok(Appended { last_position, .. }) => {
                    let verdict = decision.verdict;
                    entity.advance(written.state, written.digest, order.id, verdict, count);
                    return carried(entity, Some(last_position), verdict);
                }
                Err(AppendError::Conflict) => {
                    entity.refresh(&*self.store).await?;
                }
                Err(AppendError::Busy) => return Err(Failure::Busy),
                Err(AppendError::Unavailable(cause)) => return Err(Failure::Store(cause.into())),
                Err(AppendError::Invalid(cause)) => return Err(Failure::Store(cause.into())),
                Err(AppendError::Unknown(cause)) => {
                    tracing::warn!(stream = %entity.stream, order = %order.id, %cause, "append with unknown outcome");
                    entity.refresh(&*self.store).await?;
                    return match entity.outcome_of(order.id) {
                        Some(verdict) => carried(entity, None, verdict),
                        None => Err(Failure::Store(cause.into())),
                    };
                }
            }
        }
        Err(Failure::Busy)
    }

    /// Carries out an order that begins a stream: nothing to read.
    pub async fn begin<A: Aggregate>(
        &self,
        stream: moneta_events::StreamId,
        order: &Order<A>,
    ) -> Result<Carried<A>, Failure> {
        self.execute(&mut Loaded::fresh(stream), order).await
    }

    /// Reads a stream and carries out an order on it.
    pub async fn tell<A: Aggregate>(
        &self,
        stream: moneta_events::StreamId,
        order: &Order<A>,
    ) -> Result<Carried<A>, Failure> {
        let mut entity = Loaded::replay(stream, &*self.store).await?;
        self.execute(&mut entity, order).await
    }

    fn write<A: Aggregate>(
        &self,
        entity: &Loaded<A>,
        order: &Order<A>,
        events: &[A::Event],
    ) -> Result<Written<A>, Failure> {
        let mut written = Written {
            bodies: Vec::with_capacity(events.len()),
            state: Arc::clone(&entity.state),
            digest: entity.digest,
        };
        for (at, event) in events.iter().enumerate() {
            Arc::make_mut(&mut written.state).evolve(event);
            let place = Place {
                stream: entity.stream,
                revision: entity.next_revision + at as u64,
                previous: written.digest,
            };
            let body = self
                .scribe
                .write(place, order, &*written.state, event, at == 0)
                .map_err(|cause| Failure::Store(cause.to_string().into()))?;
            written.digest = Digest::of(&[&body]);
            written.bodies.push(body.into());
        }
        Ok(written)
    }
}

fn carried<A: Aggregate>(
    entity: &Loaded<A>,
    position: Option<u64>,
    verdict: Result<(), Reason>,
) -> Result<Carried<A>, Failure> {
    verdict.map_err(Failure::Refused)?;
    Ok(Carried { state: Arc::clone(&entity.state), position })
}
