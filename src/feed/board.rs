//! A bounded set of single-stream views, each as new as the last acknowledged append of this node. What
//! is not held is read from the stream itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use moneta_events::{
    DecodeError, Recorded, StreamId,
    chain::{BrokenChain, Link},
};
use moneta_projections::view::{Folded, View};

use super::publish::Absorb;
use crate::store::{EventStore, Unavailable};

/// Events read at a time.
const PAGE: usize = 512;
/// Reads of one stream that keeps moving under the reader.
const READS: usize = 5;

/// Why a view cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NoView {
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] Unavailable),
    /// The stream holds what this program cannot read.
    #[error(transparent)]
    Unreadable(#[from] DecodeError),
    /// The stream is not what was recorded.
    #[error("broken digest chain: {0}")]
    Broken(#[from] BrokenChain),
}

/// Views of one kind of stream.
pub struct Board<V: View> {
    held: Mutex<Held<V>>,
}

/// Two generations: what was asked for lately, and what was before that. When the young one is full the
/// old one is let go, so at most twice `capacity` views are held.
struct Held<V> {
    young: HashMap<StreamId, Slot<V>>,
    old: HashMap<StreamId, Slot<V>>,
    capacity: usize,
    loads: u64,
}

enum Slot<V> {
    /// Being read since the mark of that number was set; an append takes the mark away.
    Loading(u64),
    Ready(Arc<Folded<V>>),
}

impl<V: View> Board<V> {
    /// A board that holds about `capacity` views, at most twice that.
    pub fn new(capacity: usize) -> Self {
        let held = Held { young: HashMap::new(), old: HashMap::new(), capacity, loads: 0 };
        Self { held: Mutex::new(held) }
    }

    /// The view of a stream; that of an empty stream where there is none.
    pub async fn get(
        &self,
        stream: StreamId,
        store: &dyn EventStore,
    ) -> Result<Arc<Folded<V>>, NoView> {
        let mut last = None;
        for _ in 0..READS {
            let load = match self.lock().begin_load(stream) {
                Slot::Ready(view) => return Ok(view),
                Slot::Loading(load) => load,
            };
            let view = match read(stream, store).await {
                Ok(view) => Arc::new(view),
                Err(failure) => {
                    self.lock().forget(stream);
                    return Err(failure);
                }
            };
            if self.end_load(stream, load, &view) {
                return Ok(view);
            }
            last = Some(view);
        }
        // A stream that moved during every read: what was read last is as new as any answer can be.
        Ok(last.unwrap_or_default())
    }

    /// The view, where it is held.
    pub fn held(&self, stream: StreamId) -> Option<Arc<Folded<V>>> {
        self.lock().find(stream)
    }

    /// How many views are held.
    pub fn len(&self) -> usize {
        let held = self.lock();
        held.young.len() + held.old.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps what was read unless the stream moved meanwhile; `false` where it must be read again.
    fn end_load(&self, stream: StreamId, load: u64, view: &Arc<Folded<V>>) -> bool {
        let mut held = self.lock();
        match held.young.get(&stream).or_else(|| held.old.get(&stream)) {
            Some(Slot::Loading(current)) if *current == load => {
                held.put(stream, Slot::Ready(Arc::clone(view)));
                true
            }
            Some(Slot::Ready(other)) => other.next_revision <= view.next_revision,
            // It moved, or so much was asked for meanwhile that the mark is gone.
            Some(Slot::Loading(_)) | None => false,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Held<V>> {
        // Whole after every statement, so a panic elsewhere leaves nothing half done.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> Held<V> {
    fn find(&mut self, stream: StreamId) -> Option<Arc<Folded<V>>> {
        if let Some(Slot::Ready(view)) = self.young.get(&stream) {
            return Some(Arc::clone(view));
        }
        match self.old.remove(&stream)? {
            Slot::Ready(view) => {
                self.put(stream, Slot::Ready(Arc::clone(&view)));
                Some(view)
            }
            loading @ Slot::Loading(_) => {
                self.old.insert(stream, loading);
                None
            }
        }
    }

    /// The view, or the mark under which it is read. Those who read at the same time share one mark.
    fn begin_load(&mut self, stream: StreamId) -> Slot<V> {
        if let Some(view) = self.find(stream) {
            return Slot::Ready(view);
        }
        if let Some(Slot::Loading(load)) = self.young.get(&stream).or_else(|| self.old.get(&stream))
        {
            return Slot::Loading(*load);
        }
        self.loads += 1;
        self.put(stream, Slot::Loading(self.loads));
        Slot::Loading(self.loads)
    }

    fn put(&mut self, stream: StreamId, slot: Slot<V>) {
        self.old.remove(&stream);
        if self.young.len() >= self.capacity && !self.young.contains_key(&stream) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(stream, slot);
    }

    fn forget(&mut self, stream: StreamId) {
        self.young.remove(&stream);
        self.old.remove(&stream);
    }
}

impl<V: View> Absorb for Board<V> {
    fn absorb(&self, stream: StreamId, first_revision: u64, bodies: &[Arc<[u8]>]) {
        if stream.category != V::CATEGORY {
            return;
        }
        let mut held = self.lock();
        let Held { young, old, .. } = &mut *held;
        let Some(slot) = young.get_mut(&stream).or_else(|| old.get_mut(&stream)) else { return };
        let Slot::Ready(view) = slot else {
            held.forget(stream);
            return;
        };
        let events = bodies.iter().zip(first_revision..).map(|(body, revision)| Recorded {
            position: 0,
            stream,
            revision,
            body: Arc::clone(body),
        });
        let events: Vec<_> = events.collect();
        if view.next_revision != first_revision || Arc::make_mut(view).resume(&events).is_err() {
            held.forget(stream);
        }
    }

    fn doubt(&self, stream: StreamId) {
        if stream.category == V::CATEGORY {
            self.lock().forget(stream);
        }
    }
}

/// Folds a stream and follows its chain: no answer is built on what somebody changed.
async fn read<V: View>(stream: StreamId, store: &dyn EventStore) -> Result<Folded<V>, NoView> {
    let mut folded = Folded::default();
    let mut link = Link::START;
    loop {
        let page = store.read(stream, folded.next_revision, PAGE).await?;
        link = page.iter().try_fold(link, Link::follow)?;
        folded.resume(&page)?;
        if page.len() < PAGE {
            return Ok(folded);
        }
    }
}
