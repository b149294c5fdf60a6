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
    fatigue::{Fatigue, FatigueGuard, Parties},
    grants::Grants,
    guards::GuardError,
    order::{Carried, Context, Failure, Order},
    queries::{Queries, QueryError},
};
use crate::domain::{
    approval::{Phase, Step},
    backchannel::{Backchannel, Command},
};

/// Requests of one end-user that are looked up in the read model.
const LOOKED_UP: u32 = 64;
/// Grants of before that are looked up in one go.
const PAGE: u32 = 500;
/// Places that turn out to be free when they are looked at.
const ATTEMPTS: usize = 8;

/// Lists the requests that wait, and decides them. Cheap to clone.
#[derive(Clone)]
pub struct Pending {
    open: Arc<OpenRequests>,
    grants: Grants,
    queries: Queries,
    fatigue: FatigueGuard,
}

/// Why a request is not put before an end-user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoRoom {
    /// Enough wait for them already; there may be room in so many seconds.
    Full(u32),
    /// They turned the client away.
    TurnedAway,
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
    pub const fn new(
        open: Arc<OpenRequests>,
        grants: Grants,
        queries: Queries,
        fatigue: FatigueGuard,
    ) -> Self {
        Self { open, grants, queries, fatigue }
    }

    /// Makes room for a request about to be recorded as `stream`, unless the end-user has had enough.
    pub async fn make_room(
        &self,
        parties: Parties<'_>,
        stream: StreamId,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Result<(), NoRoom>, Failure> {
        for _ in 0..ATTEMPTS {
            match self.fatigue.enter(parties, stream, expires_at, now).await? {
                Ok(()) => return Ok(Ok(())),
                Err(Fatigue::TurnedAway) => return Ok(Err(NoRoom::TurnedAway)),
                Err(Fatigue::Open(None)) => {}
                Err(Fatigue::Open(Some(other))) => {
                    if let Some(over_at) = self.waits_until(other, now).await? {
                        let wait = over_at.as_seconds() - now.as_seconds();
                        return Ok(Err(NoRoom::Full(u32::try_from(wait.max(1)).unwrap_or(1))));
                    }
                }
            }
        }
        Err(Failure::Busy)
    }

    /// Gives back the room of a request that could not be recorded.
    pub async fn give_back(&self, parties: Parties<'_>, stream: StreamId) -> Result<(), Failure> {
        Ok(self.fatigue.leave(parties, stream).await?)
    }

    /// Until when a request waits; its room is given back where it does not wait any more, as after a crash
    /// between a decision and giving it back.
    async fn waits_until(
        &self,
        stream: StreamId,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, Failure> {
        let state = self.grants.backchannel.state(stream).await?;
        let Some(request) = &state.request else {
            // It is about to be recorded.
            return Ok(Some(now.plus_seconds(1)));
        };
        if state.approval.phase == Phase::Pending && now < request.expires_at {
            return Ok(Some(request.expires_at));
        }
        let parties = Parties { client: &request.client_id, subject: request.subject };
        self.fatigue.leave(parties, stream).await?;
        Ok(None)
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
        let denied = match &decision {
            Decision::Deny(denied) => Some(denied.reason),
            Decision::Approve(_) | Decision::Fail(_) => None,
        };
        let step = match decision {
            Decision::Approve(approved) => Step::Approve { approved, now },
            Decision::Fail(reason) => Step::Fail(reason),
            Decision::Deny(denied) => Step::Deny { denied, now },
        };
        let id = self.grants.ledger.scribe.entropy.uuid(now);
        let order = Order { id, command: Command::Approval(step), context };
        let carried = self.grants.backchannel.tell(stream, order).await?;
        if let Some(request) = &carried.state.request
            && carried.state.approval.phase != Phase::Pending
        {
            let parties = Parties { client: &request.client_id, subject: request.subject };
            let counted = match denied {
                Some(reason) => self.fatigue.turn_away(parties, stream, reason, now).await,
                None => self.fatigue.leave(parties, stream).await,
            };
            // The decision stands; without this a client only waits until the request would be over.
            if let Err(failure) = counted {
                tracing::warn!(%stream, %failure, "a decision could not be counted");
            }
        }
        Ok(carried)
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

    /// The requests asked since then, decided or not, as far as the read models know at `head`.
    pub async fn since(&self, since: Timestamp, head: u64) -> Vec<StreamId> {
        if !self.queries.up_to(Timeline.name(), head).await {
            tracing::warn!("the list of grants lags behind; requests of before may be missing");
        }
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let since = Some(since);
            let filter = Filter { since, after, limit: PAGE, ..Filter::default() };
            let page = self.queries.query(move |connection| timeline::list(connection, &filter));
            let page = match page.await {
                Ok(page) => page,
                Err(failure) => {
                    tracing::warn!(%failure, "requests of before cannot be looked up");
                    return found;
                }
            };
            let streams = page.rows.iter().map(|row| row.stream);
            found.extend(streams.filter(|stream| stream.category == Category::Backchannel));
            after = page.next;
            if after.is_none() {
                return found;
            }
        }
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

impl From<GuardError> for Failure {
    fn from(cause: GuardError) -> Self {
        match cause {
            GuardError::Busy => Self::Busy,
            GuardError::Unavailable(_) => Self::Store(cause.to_string().into()),
        }
    }
}
