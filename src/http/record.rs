//! Writes steps of a transaction down: who does it, from where, and under whose key the source is sealed.

use moneta_events::{Actor, StreamId};

use super::{caller::Caller, op::Op, pages::Trouble};
use crate::{
    domain::transaction::Step,
    engine::{order::Order, privacy::DataKey},
};

/// Who writes to which transaction.
#[derive(Clone, Copy)]
pub(super) struct Pen<'a> {
    /// The circumstances.
    pub(super) caller: &'a Caller,
    /// The transaction.
    pub(super) stream: StreamId,
    /// Who acts.
    pub(super) actor: &'a Actor,
    /// Seals the source.
    pub(super) key: &'a DataKey,
}

impl Pen<'_> {
    /// Records steps; a stream that begins with a request is known to be new.
    pub(super) async fn record(self, op: &Op, steps: Vec<Step>) -> Result<Option<u64>, Trouble> {
        let Self { caller, stream, actor, key } = self;
        let is_new = matches!(steps.first(), Some(Step::Request(_)));
        let context = caller.context(op, stream, actor.clone(), key);
        let order = Order { id: op.entropy().uuid(caller.now), command: steps, context };
        let carried = if is_new {
            op.transactions.begin(stream, order).await?
        } else {
            op.transactions.tell(stream, order).await?
        };
        Ok(carried.position)
    }
}
