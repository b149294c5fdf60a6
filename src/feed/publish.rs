//! The store as everybody else sees it: local views absorb an append before its caller is told, so what
//! was acknowledged is never looked up in vain.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use moneta_events::{Category, Recorded, StreamId};
use tokio::sync::watch;

use crate::store::{Append, AppendError, Appended, EventStore, Unavailable};

/// Something that wants to know of every append of this node at once.
pub trait Absorb: Send + Sync + 'static {
    /// Takes in what was appended to `stream`, its first event at `first_revision`. Must not block.
    fn absorb(&self, stream: StreamId, first_revision: u64, bodies: &[Arc<[u8]>]);

    /// The outcome of an append is not known: whatever is held of `stream` may be old.
    fn doubt(&self, stream: StreamId);
}

/// An event store that tells the local views first.
pub struct Published {
    inner: Arc<dyn EventStore>,
    local: Arc<Local>,
}

/// The local views.
struct Local {
    views: Vec<Arc<dyn Absorb>>,
    head: watch::Sender<u64>,
}

impl Published {
    /// `inner`, publishing to `views`.
    pub fn new(inner: Arc<dyn EventStore>, views: Vec<Arc<dyn Absorb>>) -> Self {
        Self { inner, local: Arc::new(Local { views, head: watch::Sender::new(0) }) }
    }

    /// Changes whenever this node has appended.
    pub fn appended(&self) -> watch::Receiver<u64> {
        self.local.head.subscribe()
    }
}

impl Local {
    /// Tells the views what came of an append.
    fn hear(
        &self,
        stream: StreamId,
        first_revision: u64,
        bodies: &[Arc<[u8]>],
        outcome: &Result<Appended, AppendError>,
    ) {
        match outcome {
            Ok(done) => {
                self.views.iter().for_each(|view| view.absorb(stream, first_revision, bodies));
                self.head.send_if_modified(|head| {
                    let newer = done.last_position > *head;
                    *head = done.last_position.max(*head);
                    newer
                });
            }
            Err(AppendError::Unknown(_)) => self.views.iter().for_each(|view| view.doubt(stream)),
            Err(_) => {}
        }
    }
}

/// Where a panic keeps the outcome of an append from being heard of, it is not known.
struct Unheard<'a> {
    local: &'a Local,
    stream: StreamId,
}

impl Drop for Unheard<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.local.views.iter().for_each(|view| view.doubt(self.stream));
        }
    }
}

/// An append under way. The store carries it out even if the caller stops waiting; then somebody else has
/// to wait for it, or the views would never hear of it.
struct UnderWay(Option<Appending>);

type Appending = Pin<Box<dyn Future<Output = Result<Appended, AppendError>> + Send>>;

impl Future for UnderWay {
    type Output = Result<Appended, AppendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // Taken out while it is polled: one that panics has ended, and nobody must go on with it.
        let Some(mut appending) = self.0.take() else { return Poll::Pending };
        let outcome = appending.as_mut().poll(context);
        if outcome.is_pending() {
            self.0 = Some(appending);
        }
        outcome
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        // Without a runtime nothing is served any more, so nobody asks the views.
        if let (Some(appending), Ok(runtime)) =
            (self.0.take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(appending);
        }
    }
}

#[async_trait]
impl EventStore for Published {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        let (inner, local) = (Arc::clone(&self.inner), Arc::clone(&self.local));
        let appending = async move {
            let (stream, first) = (append.stream, append.expected.next_revision());
            let bodies = append.bodies.clone();
            let _unheard = Unheard { local: &local, stream };
            let outcome = inner.append(append).await;
            local.hear(stream, first, &bodies, &outcome);
            outcome
        };
        UnderWay(Some(Box::pin(appending))).await
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

    async fn streams(&self, category: Category) -> Result<Vec<StreamId>, Unavailable> {
        self.inner.streams(category).await
    }
}
