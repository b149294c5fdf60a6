//! Which backchannel requests are open, by end-user: fed by every append of this node, bounded. It says
//! where to look, never what is so; that is asked of the streams.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use moneta_events::{
    Category, Recorded, StreamId, SubjectId, approval::ApprovalEvent, backchannel::BackchannelEvent,
};
use tokio::sync::{broadcast, watch};

use crate::feed::publish::Absorb;

/// End-users known of; at most twice that.
const SUBJECTS: usize = 20_000;
/// Open requests known of one end-user; the oldest are left out.
const REQUESTS: usize = 64;
/// Changes that a slow listener may be behind before it is only told that there were some.
const CHANGES: usize = 256;

/// The open requests of this node.
#[derive(Debug)]
pub struct OpenRequests {
    known: Mutex<Known>,
    changes: broadcast::Sender<SubjectId>,
    closed: watch::Sender<bool>,
    /// Bounds the end-users known of.
    capacity: usize,
}

/// Two generations, so that end-users nobody asks about are forgotten.
#[derive(Debug, Default)]
struct Known {
    young: HashMap<SubjectId, Open>,
    old: HashMap<SubjectId, Open>,
}

/// What is known of one end-user.
#[derive(Debug, Clone, Default)]
struct Open {
    /// Oldest first.
    streams: Vec<StreamId>,
    /// Whether requests from before this node began are among them.
    whole: bool,
}

impl Default for OpenRequests {
    fn default() -> Self {
        Self::with_capacity(SUBJECTS)
    }
}

impl OpenRequests {
    fn with_capacity(capacity: usize) -> Self {
        let (changes, _) = broadcast::channel(CHANGES);
        Self { known: Mutex::default(), changes, closed: watch::Sender::new(false), capacity }
    }

    /// The requests known of, oldest first, and whether those are all there can be.
    pub fn of(&self, subject: SubjectId) -> (Vec<StreamId>, bool) {
        let open = self.lock().touch(subject, self.capacity).clone();
        (open.streams, open.whole)
    }

    /// Takes in what was looked up elsewhere; from then on all of the end-user's are known.
    pub fn complete(&self, subject: SubjectId, streams: impl IntoIterator<Item = StreamId>) {
        let mut known = self.lock();
        let open = known.touch(subject, self.capacity);
        streams.into_iter().for_each(|stream| open.add(stream));
        open.whole = true;
    }

    /// Forgets a request that turned out to be open no more.
    pub fn forget(&self, subject: SubjectId, stream: StreamId) {
        self.lock().touch(subject, self.capacity).streams.retain(|own| *own != stream);
    }

    /// Tells of changes to the requests of one end-user from now on.
    pub fn changes(&self, subject: SubjectId) -> Changes {
        Changes { subject, heard: self.changes.subscribe(), closed: self.closed.subscribe() }
    }

    /// Tells all listeners that nothing will be heard any more: the node stops.
    pub fn close(&self) {
        self.closed.send_replace(true);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Whole after every statement.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// What is known of an end-user, kept for longer now.
    fn touch(&mut self, subject: SubjectId, capacity: usize) -> &mut Open {
        if !self.young.contains_key(&subject) {
            let open = self.old.remove(&subject).unwrap_or_default();
            if self.young.len() >= capacity {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(subject, open);
        }
        self.young.entry(subject).or_default()
    }
}

impl Open {
    fn add(&mut self, stream: StreamId) {
        if !self.streams.contains(&stream) {
            self.streams.push(stream);
            // Their names begin with the time they were asked at.
            self.streams.sort_unstable_by_key(|stream| stream.uuid);
            if self.streams.len() > REQUESTS {
                self.streams.remove(0);
            }
        }
    }
}

impl Absorb for OpenRequests {
    fn absorb(&self, stream: StreamId, first_revision: u64, bodies: &[Arc<[u8]>]) {
        if stream.category != Category::Backchannel {
            return;
        }
        for (body, revision) in bodies.iter().zip(first_revision..) {
            let recorded = Recorded { position: 0, stream, revision, body: Arc::clone(body) };
            let Ok(envelope) = recorded.envelope() else { continue };
            let (Some(subject), Ok(event)) = (envelope.subject, envelope.payload()) else {
                continue;
            };
            let mut known = self.lock();
            let streams = known.touch(subject, self.capacity);
            match event {
                BackchannelEvent::Requested(_) => streams.add(stream),
                BackchannelEvent::Approval(
                    ApprovalEvent::Approved(_)
                    | ApprovalEvent::Denied(_)
                    | ApprovalEvent::Expired(_),
                ) => streams.streams.retain(|own| *own != stream),
                _ => {}
            }
            drop(known);
            // Nobody may be listening.
            let _ = self.changes.send(subject);
        }
    }

    /// Whether a request is open is asked of its stream anyway.
    fn doubt(&self, _: StreamId) {}
}

/// Hears when the requests of one end-user change.
#[derive(Debug)]
pub struct Changes {
    subject: SubjectId,
    heard: broadcast::Receiver<SubjectId>,
    closed: watch::Receiver<bool>,
}

impl Changes {
    /// Waits for the next change; `false` where none will be heard any more.
    pub async fn next(&mut self) -> bool {
        loop {
            let heard = tokio::select! {
                biased;
                _ = self.closed.wait_for(|closed| *closed) => return false,
                heard = self.heard.recv() => heard,
            };
            match heard {
                Ok(subject) if subject != self.subject => {}
                // Among those that were missed there may have been one.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return true,
                Err(broadcast::error::RecvError::Closed) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    const fn subject(id: u128) -> SubjectId {
        SubjectId(Uuid::from_u128(id))
    }

    const fn stream(id: u128) -> StreamId {
        StreamId::new(Category::Backchannel, Uuid::from_u128(id))
    }

    #[test]
    fn what_is_looked_up_is_put_beside_what_was_heard() {
        let open = OpenRequests::default();
        open.complete(subject(1), [stream(3), stream(2)]);
        open.complete(subject(1), [stream(2), stream(1)]);
        assert_eq!(open.of(subject(1)), (vec![stream(1), stream(2), stream(3)], true));
        open.forget(subject(1), stream(2));
        assert_eq!(open.of(subject(1)), (vec![stream(1), stream(3)], true));
        assert_eq!(open.of(subject(2)), (Vec::new(), false), "of others nothing is known");
    }

    #[test]
    fn memory_is_bounded() {
        let open = OpenRequests::with_capacity(10);
        open.complete(subject(1), (0..200).map(stream));
        let (streams, _) = open.of(subject(1));
        assert_eq!((streams.len(), streams[0]), (REQUESTS, stream(200 - REQUESTS as u128)));
        for id in 2..100 {
            open.complete(subject(id), [stream(id)]);
        }
        let known = open.lock();
        assert!(known.young.len() + known.old.len() <= 20);
        drop(known);
        assert_eq!(open.of(subject(1)), (Vec::new(), false), "who is forgotten is looked up again");
        assert!(open.of(subject(99)).1);
    }

    #[test]
    fn a_slow_listener_is_told_that_something_changed() {
        let open = OpenRequests::default();
        let mut changes = open.changes(subject(1));
        assert_eq!(changes.next().now_or_never(), None);
        for _ in 0..=CHANGES {
            let _ = open.changes.send(subject(2));
        }
        assert_eq!(changes.next().now_or_never(), Some(true));
        assert_eq!(changes.next().now_or_never(), None, "what is left is of others");
        let _ = open.changes.send(subject(1));
        assert_eq!(changes.next().now_or_never(), Some(true));
        open.close();
        assert_eq!(changes.next().now_or_never(), Some(false));
    }
}
