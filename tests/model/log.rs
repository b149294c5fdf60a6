//! A log in memory whose answers can get lost, and that can be made to wait.

use std::{
    collections::{HashMap, VecDeque},
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard},
    task::Poll,
};

use async_trait::async_trait;
use moneta::store::{Append, AppendError, Appended, EventStore, Expected, Unavailable};
use moneta_events::{Recorded, StreamId};
use tokio::sync::watch;

/// What happens to a call of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// It is carried out and answered.
    #[default]
    Fine,
    /// It is carried out; the answer gets lost.
    AnswerLost,
    /// It gets lost; the caller cannot know.
    CallLost,
    /// The store has too much to do.
    Busy,
    /// The store is away.
    Away,
    /// It is carried out; the store panics before it answers.
    Panic,
}

/// An event log in memory.
pub(crate) struct Log {
    inner: Mutex<Inner>,
    /// What happens to the next appends and reads; then all is fine.
    fates: Mutex<(VecDeque<Fate>, VecDeque<Fate>)>,
    open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

#[derive(Default, Clone)]
struct Inner {
    events: Vec<Recorded>,
    streams: HashMap<StreamId, Vec<usize>>,
}

impl Log {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            inner: Mutex::default(),
            fates: Mutex::default(),
            open: watch::Sender::new(true),
            waiting: watch::Sender::new(0),
        })
    }

    /// A log of its own with the same events.
    pub(crate) fn fork(&self) -> Arc<Self> {
        let fork = Self::new();
        *fork.inner() = self.inner().clone();
        fork
    }

    /// Decides about the appends and reads to come.
    pub(crate) fn set_fates(
        &self,
        appends: impl IntoIterator<Item = Fate>,
        reads: impl IntoIterator<Item = Fate>,
    ) {
        *self.fates.lock().unwrap() = (appends.into_iter().collect(), reads.into_iter().collect());
    }

    /// From now on appends wait.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    /// Lets those through that wait.
    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Returns when `count` appends wait.
    pub(crate) async fn until_waiting(&self, count: usize) {
        self.waiting.subscribe().wait_for(|waiting| *waiting == count).await.unwrap();
    }

    /// The events of a stream.
    pub(crate) fn stream(&self, stream: StreamId) -> Vec<Recorded> {
        let inner = self.inner();
        let places = inner.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        places.iter().map(|place| inner.events[*place].clone()).collect()
    }

    /// Every stream there is.
    pub(crate) fn all_streams(&self) -> Vec<StreamId> {
        let mut all: Vec<_> = self.inner().streams.keys().copied().collect();
        all.sort();
        all
    }

    /// How many events there are.
    pub(crate) fn len(&self) -> usize {
        self.inner().events.len()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn write(&self, append: Append) -> Result<Appended, AppendError> {
        let Inner { events, streams } = &mut *self.inner();
        let places = streams.get(&append.stream).map_or(0, Vec::len) as u64;
        let stands = match append.expected {
            Expected::NoStream => places == 0,
            Expected::Revision(last) => places == last + 1,
        };
        if !stands {
            return Err(AppendError::Conflict);
        }
        for (body, revision) in append.bodies.into_iter().zip(places..) {
            let position = events.len() as u64 + 1;
            streams.entry(append.stream).or_default().push(events.len());
            events.push(Recorded { position, stream: append.stream, revision, body });
        }
        let last_position = events.len() as u64;
        let last_revision = streams[&append.stream].len() as u64 - 1;
        Ok(Appended { last_revision, last_position })
    }
}

#[async_trait]
impl EventStore for Log {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        if !*self.open.borrow() {
            self.waiting.send_modify(|waiting| *waiting += 1);
            let _ = self.open.subscribe().wait_for(|open| *open).await;
            self.waiting.send_modify(|waiting| *waiting -= 1);
        }
        let fate = self.fates.lock().unwrap().0.pop_front().unwrap_or_default();
        match fate {
            Fate::Fine => self.write(append),
            Fate::AnswerLost => {
                self.write(append)?;
                Err(AppendError::Unknown("the answer got lost".to_owned()))
            }
            Fate::CallLost => Err(AppendError::Unknown("the call got lost".to_owned())),
            Fate::Busy => Err(AppendError::Busy),
            Fate::Away => Err(AppendError::Unavailable("away".to_owned())),
            Fate::Panic => {
                self.write(append)?;
                panic!("the store panics as it was told");
            }
        }
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        let fate = self.fates.lock().unwrap().1.pop_front().unwrap_or_default();
        if fate != Fate::Fine {
            return Err(Unavailable("away".to_owned()));
        }
        let from = usize::try_from(from_revision).unwrap();
        Ok(self.stream(stream).into_iter().skip(from).take(limit).collect())
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        let from = usize::try_from(after).unwrap();
        Ok(self.inner().events.iter().skip(from).take(limit).cloned().collect())
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        Ok(self.len() as u64)
    }
}

/// A store that lets somebody else have a turn before every call, for playing out schedules.
pub(crate) struct Turns {
    pub(crate) log: Arc<Log>,
    /// Also between what the call does and its answer.
    pub(crate) before_answers: bool,
}

impl Turns {
    async fn answer<T>(&self, answer: T) -> T {
        if self.before_answers {
            give_way().await;
        }
        answer
    }
}

/// Gives way once.
pub(crate) async fn give_way() {
    let mut gave = false;
    poll_fn(|_| if std::mem::replace(&mut gave, true) { Poll::Ready(()) } else { Poll::Pending })
        .await;
}

#[async_trait]
impl EventStore for Turns {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        give_way().await;
        self.answer(self.log.append(append).await).await
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        give_way().await;
        self.answer(self.log.read(stream, from_revision, limit).await).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        self.log.read_all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        self.log.head().await
    }
}
