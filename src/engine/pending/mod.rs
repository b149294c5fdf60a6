//! Backchannel requests that wait for their end-users (CIBA Core 1.0 §8): which there are, when that
//! changes, and the decision. For every device on which one decides: the inbox page, a device service, the
//! endpoint for tests.

mod open;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use moneta_events::{
    Category, Reason, Sealed, StreamId, SubjectId, Timestamp,
    approval::{Approved, Denied},
    backchannel::Requested,
};
use moneta_projections::{
    Projection as _,
    timeline::{self, Ending, Filter, Timeline},
};

pub use open::{Changes, OpenRequests};

use super::{
    grants::Grants,
    order::{Carried, Context, Failure, Order},
    queries::{Queries, QueryError},
};
use crate::domain::{
    approval::{Phase, Step},
    backchannel::{Backchannel, Command},
};

/// Requests of one end-user that are looked up in the read model.
const LOOKED_UP: u32 = 64;

/// Lists the requests that wait, and decides them. Cheap to clone.
#[derive(Clone)]
pub struct Pending {
    open: Arc<OpenRequests>,
    grants: Grants,
    queries: Queries,
}

/// A request that waits for its end-user.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its stream.
    pub stream: StreamId,
    /// What is asked, and until when. The binding message is sealed under the end-user's key.
    pub request: Arc<Requested>,
    /// When it was asked.
    pub requested_at: Timestamp,
    /// Address and user agent of the client that asked, sealed under the client's key as `source` of an
    /// `envelope`.
    pub source: Option<Sealed>,
}

/// What an end-user decides.
#[derive(Debug, Clone)]
pub enum Decision {
    /// They allow it: who, what, and the proof.
    Approve(Arc<Approved>),
    /// They could not prove who they are.
    Fail(Reason),
    /// They say no, or report that they know nothing of it.
    Deny(Denied),
}

impl Pending {
    /// Over what is open on this node, the actors of all grants, and the read models.
    pub const fn new(open: Arc<OpenRequests>, grants: Grants, queries: Queries) -> Self {
        Self { open, grants, queries }
    }

    /// Every request that waits for `subject` at `now`, oldest first. Where the read models stand still,
    /// those from before the node began may be missing.
    pub async fn of(&self, subject: SubjectId, now: Timestamp) -> Result<Vec<Waiting>, Failure> {
        let mut waiting = Vec::new();
        for stream in self.known(subject).await? {
            match self.find(stream, subject, now).await? {
                Some(request) => waiting.push(request),
                None => self.open.forget(subject, stream),
            }
        }
        Ok(waiting)
    }

    /// The request of that name, if it waits for `subject` at `now`.
    pub async fn find(
        &self,
        stream: StreamId,
        subject: SubjectId,
        now: Timestamp,
    ) -> Result<Option<Waiting>, Failure> {
        if stream.category != Category::Backchannel {
            return Ok(None);
        }
        let state = self.grants.backchannel.state(stream).await?;
        let is_open = state.approval.phase == Phase::Pending;
        let Some(request) = state
            .request
            .as_ref()
            .filter(|request| is_open && request.subject == subject && now < request.expires_at)
        else {
            return Ok(None);
        };
        let store = &self.grants.ledger.store;
        let first = store.read(stream, 0, 1).await.map_err(|gone| Failure::Store(gone.0.into()))?;
        let envelope = first.first().map(moneta_events::Recorded::envelope);
        let Some(Ok(envelope)) = envelope else { return Err(Failure::Quarantined(stream)) };
        Ok(Some(Waiting {
            stream,
            request: Arc::clone(request),
            requested_at: envelope.occurred_at,
            source: envelope.source,
        }))
    }

    /// Tells of changes to the requests of one end-user from now on: ask for it before [`Pending::of`], and
    /// nothing is missed.
    pub fn changes(&self, subject: SubjectId) -> Changes {
        self.open.changes(subject)
    }

    /// Tells whoever listens that nothing will be heard any more: the node stops.
    pub fn close(&self) {
        self.open.close();
    }

    /// Records a decision. It is refused where the request is decided already, is over, or is somebody
    /// else's.
    pub async fn decide(
        &self,
        stream: StreamId,
        decision: Decision,
        context: Context,
    ) -> Result<Carried<Backchannel>, Failure> {
        let now = context.now;
        let step = match decision {
            Decision::Approve(approved) => Step::Approve { approved, now },
            Decision::Fail(reason) => Step::Fail(reason),
            Decision::Deny(denied) => Step::Deny { denied, now },
        };
        let id = self.grants.ledger.scribe.entropy.uuid(now);
        let order = Order { id, command: Command::Approval(step), context };
        self.grants.backchannel.tell(stream, order).await
    }

    /// The streams to look at.
    async fn known(&self, subject: SubjectId) -> Result<Vec<StreamId>, Failure> {
        let (streams, whole) = self.open.of(subject);
        if whole {
            return Ok(streams);
        }
        let head = self.grants.ledger.store.head().await;
        let head = head.map_err(|gone| Failure::Store(gone.0.into()))?;
        let is_new = self.queries.up_to(Timeline.name(), head).await;
        match self.listed(subject).await {
            Ok(listed) if is_new => self.open.complete(subject, listed),
            Ok(listed) => {
                tracing::warn!("the list of grants lags behind; open requests may be missing");
                let of_before = listed.into_iter().filter(|stream| !streams.contains(stream));
                return Ok(of_before.chain(streams.clone()).collect());
            }
            Err(failure) => {
                tracing::warn!(%failure, "open requests of before cannot be looked up");
            }
        }
        Ok(self.open.of(subject).0)
    }

    /// What the read model knows to be open.
    async fn listed(&self, subject: SubjectId) -> Result<Vec<StreamId>, QueryError> {
        let filter = Filter {
            subject: Some(subject),
            outcome: Some(Ending::Open),
            limit: LOOKED_UP,
            ..Filter::default()
        };
        let page =
            self.queries.query(move |connection| timeline::list(connection, &filter)).await?;
        let streams = page.rows.into_iter().map(|row| row.stream);
        Ok(streams.filter(|stream| stream.category == Category::Backchannel).collect())
    }
}
