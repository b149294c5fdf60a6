//! Forgets reservations that have expired. Whether one is held is decided by time; this only makes room.

use std::time::Duration;

use crate::engine::{execute::Ledger, guards::Guards};

/// How often.
const EVERY: Duration = Duration::from_mins(1);

/// What the process works with.
pub struct GuardKeeper {
    /// The reservations.
    pub guards: Guards,
    /// Tells the time.
    pub ledger: Ledger,
}

impl GuardKeeper {
    /// Works until `stop` says so.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.wait_for(|stopped| *stopped) => return,
            }
            if let Err(failure) = self.guards.purge(self.ledger.scribe.clock.now()).await {
                tracing::warn!(%failure, "expired reservations could not be forgotten");
            }
        }
    }
}
