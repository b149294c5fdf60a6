//! Tells clients that their backchannel requests are decided, from the log: at least once, with every attempt
//! on record in the request's own stream. That record is the checkpoint: after a restart, the requests of
//! the last while are looked at again, and those with anything left to tell are told.

use std::{collections::HashSet, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use moneta_events::{Category, Recorded, StreamId};
use tokio::sync::{Semaphore, watch};

use crate::{
    engine::{execute::Ledger, facts::Facts, pending::Pending},
    ports::client_notifier::ClientNotifier,
};

/// Calls under way at a time.
const TOGETHER: usize = 32;
/// The decisions a client may have to be told of.
const DECISIONS: [&str; 3] = ["approval.approved", "approval.denied", "approval.expired"];

/// What the process works with.
pub struct BackchannelNotifier {
    /// Tells them.
    pub notifier: Arc<dyn ClientNotifier>,
    /// The log.
    pub facts: Facts,
    /// The requests of before.
    pub pending: Pending,
    /// Tells the time.
    pub ledger: Ledger,
    /// Changes whenever this node has appended.
    pub appended: watch::Receiver<u64>,
    /// Seconds to look back after a restart: as long as a request lives and is told of.
    pub window: u32,
}

impl BackchannelNotifier {
    /// Works until `stop` says so. What is not told by then is told after the next start.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let work = self.work();
        tokio::select! {
            () = work => {}
            _ = stop.wait_for(|stopped| *stopped) => {}
        }
    }

    async fn work(&mut self) {
        let mut position = self.facts.head().await.unwrap_or(0);
        let room = Semaphore::new(TOGETHER);
        let (mut under_way, mut telling) = (HashSet::new(), FuturesUnordered::new());
        let since = self.ledger.scribe.clock.now().plus_seconds(-i64::from(self.window));
        let mut due = self.pending.since(since, position).await;
        loop {
            for request in due.drain(..) {
                if under_way.insert(request) {
                    telling.push(tell(&*self.notifier, &room, request));
                }
            }
            tokio::select! {
                Some(request) = telling.next() => {
                    under_way.remove(&request);
                    continue;
                }
                grown = self.appended.changed() => if grown.is_err() { return },
            }
            match self.facts.events_after(position).await {
                Ok(events) => {
                    position = events.last().map_or(position, |event| event.position);
                    due.extend(events.iter().filter(|event| is_decision(event)).map(|e| e.stream));
                    if !events.is_empty() {
                        self.appended.mark_changed();
                    }
                }
                Err(failure) => {
                    tracing::warn!(%failure, "the log cannot be read; clients are told later");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    self.appended.mark_changed();
                }
            }
        }
    }
}

/// Tells one client until it knows or there is no more to do.
async fn tell(notifier: &dyn ClientNotifier, room: &Semaphore, request: StreamId) -> StreamId {
    loop {
        let wait = {
            let _turn = room.acquire().await;
            notifier.tell(request).await
        };
        match wait {
            Some(wait) => tokio::time::sleep(wait).await,
            None => return request,
        }
    }
}

fn is_decision(event: &Recorded) -> bool {
    event.stream.category == Category::Backchannel
        && event.envelope().is_ok_and(|envelope| DECISIONS.contains(&envelope.event_type))
}
