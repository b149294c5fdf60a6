//! Who listens for changes: so many on a node, and of one end-user so many.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use moneta_events::{StreamId, SubjectId};

use crate::engine::waiters::{Waiter, Waiters};

/// Pages that one end-user can have open at once; a further one is loaded again now and then.
const OF_ONE: usize = 6;

/// The listeners of this node. Each is woken when its session changes.
#[derive(Debug)]
pub struct Listeners {
    sessions: Arc<Waiters>,
    of: Arc<Mutex<HashMap<SubjectId, usize>>>,
}

/// A listener's place; given back when dropped.
#[derive(Debug)]
pub(super) struct Place {
    /// Hears when the session changes.
    pub(super) session: Waiter,
    subject: SubjectId,
    of: Arc<Mutex<HashMap<SubjectId, usize>>>,
}

impl Listeners {
    /// As many as there is room for among those who wait for `sessions`.
    pub fn new(sessions: Arc<Waiters>) -> Self {
        Self { sessions, of: Arc::default() }
    }

    /// A place for a page of `subject` in `session`; none where there is no room.
    pub(super) fn enter(&self, subject: SubjectId, session: StreamId) -> Option<Place> {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        let own = of.get(&subject).copied().unwrap_or(0);
        if own >= OF_ONE {
            return None;
        }
        let session = self.sessions.enter(session)?;
        of.insert(subject, own + 1);
        drop(of);
        Some(Place { session, subject, of: Arc::clone(&self.of) })
    }

    /// Sends everybody away: the node stops.
    pub fn close(&self) {
        self.sessions.close();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut of = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        match of.get_mut(&self.subject) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(of.remove(&self.subject)),
        }
    }
}

#[cfg(test)]
mod tests {
    use moneta_events::Category;
    use uuid::Uuid;

    use super::*;

    const fn subject(id: u128) -> SubjectId {
        SubjectId(Uuid::from_u128(id))
    }

    const SESSION: StreamId = StreamId::new(Category::Session, Uuid::from_u128(1));

    #[test]
    fn nobody_takes_all_places_and_each_is_given_back() {
        let listeners = Listeners::new(Waiters::new(OF_ONE + 1));
        let enter = |id| listeners.enter(subject(id), SESSION);
        let mut places: Vec<_> = (0..OF_ONE).map(|_| enter(1).unwrap()).collect();
        assert!(enter(1).is_none(), "one end-user has so many");
        let other = enter(2).unwrap();
        assert!(enter(3).is_none(), "and all together so many");
        places.pop();
        places.push(enter(1).unwrap());
        drop((places, other));
        assert_eq!((listeners.sessions.inside(), listeners.of.lock().unwrap().len()), (0, 0));
        listeners.close();
        assert!(enter(1).is_none(), "a node that stops lets nobody in");
    }
}
