//! A log that fails on command.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use moneta::store::{Append, AppendError, Appended, EventStore, Unavailable};
use moneta_events::{Recorded, StreamId};

/// What happens to one append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// It is written, but the answer does not come back.
    AcknowledgementLost,
    /// It never reaches the log.
    Refused,
    /// It waits for this many turns of the others, before and after it is written.
    Delayed(usize),
}

/// Passes everything on, except that each append meets the next fault that was ordered.
pub(crate) struct Faulty {
    inner: Arc<dyn EventStore>,
    faults: Mutex<VecDeque<Fault>>,
}

impl Faulty {
    pub(crate) fn new(inner: Arc<dyn EventStore>, faults: impl IntoIterator<Item = Fault>) -> Self {
        Self { inner, faults: Mutex::new(faults.into_iter().collect()) }
    }
}

#[async_trait]
impl EventStore for Faulty {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => self.inner.append(append).await,
            Some(Fault::AcknowledgementLost) => {
                self.inner.append(append).await?;
                Err(AppendError::Unknown("the answer was lost".to_owned()))
            }
            Some(Fault::Refused) => Err(AppendError::Unavailable("no way through".to_owned())),
            Some(Fault::Delayed(turns)) => {
                wait(turns).await;
                let answer = self.inner.append(append).await;
                wait(turns).await;
                answer
            }
        }
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        self.inner.read(stream, from_revision, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        self.inner.read_all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        self.inner.head().await
    }
}

async fn wait(turns: usize) {
    for _ in 0..turns {
        tokio::task::yield_now().await;
    }
}
