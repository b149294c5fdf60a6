//! Tells a client what became of its backchannel request (CIBA Core 1.0 §10.2, §10.3, §12).

use std::time::Duration;

use async_trait::async_trait;
use moneta_events::StreamId;

/// Tells clients, one attempt at a time. What came of an attempt is on record before it returns.
#[async_trait]
pub trait ClientNotifier: Send + Sync + 'static {
    /// Tells the client of one request, if it is decided and there is anything left to tell; after which
    /// time to try again, where that makes sense.
    async fn tell(&self, request: StreamId) -> Option<Duration>;
}
