//! One live stream on this node: a queue of orders and a warm copy of the state. All logic is in
//! [`Ledger::execute`]; the actor only keeps order.

use std::sync::Arc;

use actix::{
    Actor, ActorFutureExt as _, AtomicResponse, Context, Handler, Message, WrapFuture as _,
};
use moneta_events::StreamId;

use super::{
    execute::Ledger,
    loaded::Loaded,
    order::{Carried, Failure, Order},
};
use crate::domain::Aggregate;

/// The actor of one stream.
pub struct EntityActor<A: Aggregate + Unpin> {
    stream: StreamId,
    ledger: Ledger,
    warm: Option<Loaded<A>>,
}

impl<A: Aggregate + Unpin> EntityActor<A> {
    /// An actor that will read its stream at the first message, or knows that it is new.
    pub fn new(stream: StreamId, ledger: Ledger, is_new: bool) -> Self {
        let warm = is_new.then(|| Loaded::fresh(stream));
        Self { stream, ledger, warm }
    }
}

impl<A: Aggregate + Unpin> Actor for EntityActor<A> {
    type Context = Context<Self>;
}

/// Carry out an order.
pub struct Carry<A: Aggregate>(pub Arc<Order<A>>);

impl<A: Aggregate> Message for Carry<A> {
    type Result = Result<Carried<A>, Failure>;
}

/// Tell the state, as new as the stream.
pub struct Peek<A>(std::marker::PhantomData<A>);

impl<A> Default for Peek<A> {
    fn default() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<A: Aggregate> Message for Peek<A> {
    type Result = Result<Arc<A>, Failure>;
}

impl<A: Aggregate + Unpin> Handler<Carry<A>> for EntityActor<A> {
    /// Atomic: this mailbox waits until the append is durable; other actors on the thread carry on.
    type Result = AtomicResponse<Self, Result<Carried<A>, Failure>>;

    fn handle(&mut self, Carry(order): Carry<A>, _: &mut Context<Self>) -> Self::Result {
        let (stream, ledger, warm) = (self.stream, self.ledger.clone(), self.warm.take());
        let run = async move {
            let mut entity = match warm {
                Some(entity) => entity,
                None => match Loaded::replay(stream, &*ledger.store).await {
                    Ok(entity) => entity,
                    Err(failure) => return (None, Err(failure)),
                },
            };
            let outcome = ledger.execute(&mut entity, &order).await;
            // After an unknown outcome the stream is read again from its beginning.
            let keep = !matches!(outcome, Err(Failure::Store(_)));
            (keep.then_some(entity), outcome)
        };
        AtomicResponse::new(Box::pin(run.into_actor(self).map(|(warm, outcome), this, _| {
            this.warm = warm;
            outcome
        })))
    }
}

impl<A: Aggregate + Unpin> Handler<Peek<A>> for EntityActor<A> {
    type Result = AtomicResponse<Self, Result<Arc<A>, Failure>>;

    fn handle(&mut self, _: Peek<A>, _: &mut Context<Self>) -> Self::Result {
        let (stream, ledger, warm) = (self.stream, self.ledger.clone(), self.warm.take());
        let run = async move {
            match warm {
                // What a caller prepares an order with must not be older than what others recorded.
                Some(mut entity) => entity.refresh(&*ledger.store).await.map(|_| entity),
                None => Loaded::replay(stream, &*ledger.store).await,
            }
        };
        AtomicResponse::new(Box::pin(run.into_actor(self).map(|loaded, this, _| {
            let entity = loaded?;
            let state = Arc::clone(&entity.state);
            this.warm = Some(entity);
            Ok(state)
        })))
    }
}
