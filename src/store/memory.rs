//! The log in memory, for tests and demonstrations. It keeps the contract in everything but durability.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use moneta_events::{Recorded, StreamId};

use super::{Append, AppendError, Appended, EventStore, Expected, Unavailable};

/// An event log that ends with the process.
#[derive(Debug, Default)]
pub struct MemoryLog(Mutex<Log>);

#[derive(Debug, Default)]
struct Log {
    /// Position 1 stands at index 0.
    events: Vec<Recorded>,
    /// The indices of each stream's events; revision 0 stands first.
    streams: HashMap<StreamId, Vec<usize>>,
}

impl MemoryLog {
    /// An empty log.
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        // No code that holds the lock can panic between two changes that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl EventStore for MemoryLog {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        append.check()?;
        let Log { events, streams } = &mut *self.log();
        let last = streams.get(&append.stream).map(|indices| indices.len() as u64 - 1);
        let stands = match append.expected {
            Expected::NoStream => last.is_none(),
            Expected::Revision(revision) => last == Some(revision),
        };
        if !stands {
            return Err(AppendError::Conflict);
        }
        let indices = streams.entry(append.stream).or_default();
        for body in append.bodies {
            events.push(Recorded {
                position: events.len() as u64 + 1,
                stream: append.stream,
                revision: indices.len() as u64,
                body,
            });
            indices.push(events.len() - 1);
        }
        Ok(Appended { last_revision: indices.len() as u64 - 1, last_position: events.len() as u64 })
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        let log = self.log();
        let indices = log.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(from_revision).unwrap_or(usize::MAX);
        Ok(indices.iter().skip(from).take(limit).map(|&index| log.events[index].clone()).collect())
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        let from = usize::try_from(after).unwrap_or(usize::MAX);
        Ok(self.log().events.iter().skip(from).take(limit).cloned().collect())
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        Ok(self.log().events.len() as u64)
    }
}
