//! A store that can be held up, for tests of overload and of answers that come too late.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use moneta::store::{Append, AppendError, Appended, EventStore, Unavailable};
use moneta_events::{Recorded, StreamId};
use tokio::sync::watch;

/// Passes everything on, but appends wait while it is paused.
pub struct SlowStore {
    inner: Arc<dyn EventStore>,
    paused: watch::Sender<bool>,
    delay_after_millis: AtomicU64,
    appends: AtomicU64,
    panics: AtomicBool,
}

impl SlowStore {
    /// Around another store, not paused.
    pub fn around(inner: Arc<dyn EventStore>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            paused: watch::Sender::new(false),
            delay_after_millis: AtomicU64::new(0),
            appends: AtomicU64::new(0),
            panics: AtomicBool::new(false),
        })
    }

    /// From now on appends wait.
    pub fn pause(&self) {
        self.paused.send_replace(true);
    }

    /// All that waited go on.
    pub fn resume(&self) {
        self.paused.send_replace(false);
    }

    /// From now on each append is durable at once, but its caller hears of it only after `delay`.
    pub fn answer_after(&self, delay: Duration) {
        let millis = u64::try_from(delay.as_millis()).expect("delays are short");
        self.delay_after_millis.store(millis, Ordering::SeqCst);
    }

    /// The next append panics.
    pub fn panic_once(&self) {
        self.panics.store(true, Ordering::SeqCst);
    }

    /// How many appends were asked for.
    pub fn appends(&self) -> u64 {
        self.appends.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl EventStore for SlowStore {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a panic that was asked for");
        let mut paused = self.paused.subscribe();
        let _ = paused.wait_for(|paused| !*paused).await;
        let appended = self.inner.append(append).await;
        let delay = self.delay_after_millis.load(Ordering::SeqCst);
        if delay > 0 {
            tokio::time::sleep(Duration::from_millis(delay)).await;
        }
        appended
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
