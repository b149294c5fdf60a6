//! Gives abandoned transactions their terminal event. What is expired was decided by time already; this
//! puts it on record, in batches, so that no transaction stays open for ever. While the list of grants
//! stands still nothing is put on record; it is made up for later.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use moneta_events::{StreamId, Timestamp};

use super::incidents::own_work;
use crate::{
    engine::{grants::Grants, order::Failure},
    feed::queries::{Lapsed, Queries},
};

/// How often overdue transactions are looked for.
const EVERY: Duration = Duration::from_secs(2);
/// Transactions looked up at once.
const BATCH: usize = 512;
/// Orders under way at a time; the store commits together what arrives together.
const TOGETHER: usize = 64;

/// Tells which transactions are open past their deadline.
#[async_trait]
pub trait Overdue: Send + Sync + 'static {
    /// Oldest first, at most `limit` of those after `after`.
    async fn overdue(&self, now: Timestamp, after: Option<Lapsed>, limit: usize) -> Vec<Lapsed>;

    /// Whether it knows of everything up to `position`.
    fn has_seen(&self, position: u64) -> bool;
}

#[async_trait]
impl Overdue for Queries {
    async fn overdue(&self, now: Timestamp, after: Option<Lapsed>, limit: usize) -> Vec<Lapsed> {
        match Self::overdue(self, now, after, limit).await {
            Ok(lapsed) => lapsed,
            Err(failure) => {
                tracing::warn!(%failure, "overdue transactions cannot be looked up");
                Vec::new()
            }
        }
    }

    fn has_seen(&self, position: u64) -> bool {
        self.timeline_has_seen(position)
    }
}

/// What the process works with.
pub struct Expiry {
    overdue: Arc<dyn Overdue>,
    grants: Grants,
    /// The position of the newest event that must be known before anything is looked up.
    known: u64,
}

impl Expiry {
    /// Looks up in `overdue` what to give to the actors in `grants`.
    pub fn new(overdue: Arc<dyn Overdue>, grants: Grants) -> Self {
        Self { overdue, grants, known: 0 }
    }

    /// Works until `stop` says so.
    pub async fn run(mut self, mut stop: tokio::sync::watch::Receiver<bool>) {
        // What others finished while this node was down is not worth waking an actor for.
        self.known = self.grants.ledger.store.head().await.unwrap_or(0);
        let work = async {
            loop {
                tokio::time::sleep(EVERY).await;
                self.sweep().await;
            }
        };
        tokio::select! {
            () = work => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    /// Expires everything that is overdue; answers how many transactions got their terminal event. Does
    /// nothing while the lists have not seen what the last sweep did.
    pub async fn sweep(&mut self) -> usize {
        let (mut expired, mut after) = (0, None);
        if !self.overdue.has_seen(self.known) {
            return 0;
        }
        let now = self.grants.ledger.scribe.clock.now();
        loop {
            let due = self.overdue.overdue(now, after, BATCH).await;
            let orders: Vec<_> = due.iter().map(|lapsed| self.expire(lapsed.stream, now)).collect();
            let positions: Vec<Option<u64>> =
                stream::iter(orders).buffer_unordered(TOGETHER).collect().await;
            expired += positions.iter().flatten().count();
            self.known = positions.into_iter().flatten().fold(self.known, u64::max);
            if due.len() < BATCH {
                return expired;
            }
            after = due.last().copied();
        }
    }

    /// Answers the position of the terminal event; `None` where there was nothing to do.
    async fn expire(&self, stream: StreamId, now: Timestamp) -> Option<u64> {
        let ledger = &self.grants.ledger;
        let id = ledger.scribe.entropy.uuid(now);
        let context = own_work("expiry", now, ledger);
        match self.grants.expire(stream, now, id, context).await {
            Ok(position) => position,
            Err(Failure::Busy) => None,
            Err(failure) => {
                tracing::warn!(%stream, %failure, "could not expire");
                None
            }
        }
    }
}
