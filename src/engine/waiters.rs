//! Callers that wait for something to happen to a stream: they are woken by the append itself, so nobody
//! asks the store again and again. Their number is bounded; who finds no room asks again later.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use moneta_events::StreamId;
use tokio::sync::watch;

use crate::feed::publish::Absorb;

/// The callers that wait on this node.
#[derive(Debug)]
pub struct Waiters {
    waited_for: Mutex<Room>,
    limit: usize,
}

#[derive(Debug, Default)]
struct Room {
    streams: HashMap<StreamId, watch::Sender<()>>,
    inside: usize,
    closed: bool,
}

impl Waiters {
    /// Room for `limit` callers.
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { waited_for: Mutex::default(), limit })
    }

    /// A place to wait at for `stream`; `None` where there is no room. What happens from now on is not
    /// missed, so the state is to be looked at after this.
    pub fn enter(self: &Arc<Self>, stream: StreamId) -> Option<Waiter> {
        let mut room = self.lock();
        if room.closed || room.inside >= self.limit {
            return None;
        }
        room.inside += 1;
        let heard = room.streams.entry(stream).or_default().subscribe();
        Some(Waiter { waiters: Arc::clone(self), stream, heard })
    }

    /// How many wait.
    pub fn inside(&self) -> usize {
        self.lock().inside
    }

    /// Sends everybody away and lets nobody in any more: the node stops.
    pub fn close(&self) {
        let mut room = self.lock();
        room.closed = true;
        room.streams.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Room> {
        // Whole after every statement.
        self.waited_for.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Absorb for Waiters {
    fn absorb(&self, stream: StreamId, _: u64, _: &[Arc<[u8]>]) {
        self.doubt(stream);
    }

    fn doubt(&self, stream: StreamId) {
        if let Some(waited_for) = self.lock().streams.get(&stream) {
            waited_for.send_replace(());
        }
    }
}

/// A caller's place; given back when dropped.
#[derive(Debug)]
pub struct Waiter {
    waiters: Arc<Waiters>,
    stream: StreamId,
    heard: watch::Receiver<()>,
}

impl Waiter {
    /// Waits until something happened that was not heard of yet; `false` where nothing will be heard any
    /// more.
    pub async fn changed(&mut self) -> bool {
        self.heard.changed().await.is_ok()
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut room = self.waiters.lock();
        room.inside -= 1;
        let is_last = |sender: &watch::Sender<()>| sender.receiver_count() <= 1;
        if room.streams.get(&self.stream).is_some_and(is_last) {
            room.streams.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;

    const fn stream(id: u128) -> StreamId {
        StreamId::new(Category::Backchannel, Uuid::from_u128(id))
    }

    #[test]
    fn what_happens_after_entering_is_heard_once() {
        let waiters = Waiters::new(2);
        let mut waiter = waiters.enter(stream(1)).unwrap();
        assert_eq!(waiter.changed().now_or_never(), None);
        waiters.absorb(stream(2), 0, &[]);
        assert_eq!(waiter.changed().now_or_never(), None, "another stream");
        waiters.absorb(stream(1), 1, &[]);
        waiters.absorb(stream(1), 2, &[]);
        assert_eq!(waiter.changed().now_or_never(), Some(true));
        assert_eq!(waiter.changed().now_or_never(), None);
    }

    #[test]
    fn there_is_room_for_so_many_and_it_is_given_back() {
        let waiters = Waiters::new(2);
        let (first, second) = (waiters.enter(stream(1)), waiters.enter(stream(1)));
        assert!(first.is_some() && second.is_some() && waiters.enter(stream(2)).is_none());
        drop(first);
        assert_eq!(waiters.lock().streams.len(), 1, "somebody still waits for it");
        drop(second);
        assert_eq!((waiters.inside(), waiters.lock().streams.len()), (0, 0));
        assert!(waiters.enter(stream(2)).is_some());
    }

    #[test]
    fn a_node_that_stops_lets_nobody_wait() {
        let waiters = Waiters::new(2);
        let mut waiter = waiters.enter(stream(1)).unwrap();
        waiters.close();
        assert_eq!(waiter.changed().now_or_never(), Some(false));
        assert!(waiters.enter(stream(1)).is_none());
        drop(waiter);
        assert_eq!(waiters.inside(), 0);
    }
}
