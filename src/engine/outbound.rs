//! Calls to the servers of others, counted by the client for whose sake they are made: nobody can use the
//! provider to keep somebody else busy.

use std::{sync::Arc, time::Duration};

use moneta_events::{StreamId, Timestamp};

use super::throttle::{Rate, Throttle};
use crate::ports::http_client::{Answer, Call, CallError, HttpClient};

/// Clients that are counted at once.
const CLIENTS: usize = 10_000;

/// Why a call was not made, or not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The client has used up its calls.
    #[error("too many calls for this client; the next one may be made in {0} s")]
    TooMany(u32),
    /// It failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

/// The one way out.
pub struct Outbound {
    http: Arc<dyn HttpClient>,
    calls: Throttle<StreamId>,
}

impl Outbound {
    /// Through `http`, for each client so many calls a minute; 0 is no limit.
    pub fn new(http: Arc<dyn HttpClient>, calls_per_client: u32) -> Self {
        let every = Duration::from_mins(1) / calls_per_client.max(1);
        let calls = Throttle::new(Rate { burst: calls_per_client, every }, CLIENTS);
        Self { http, calls }
    }

    /// Makes a call for the sake of `client`.
    pub async fn send(
        &self,
        client: StreamId,
        call: Call,
        now: Timestamp,
    ) -> Result<Answer, OutboundError> {
        self.calls.take(client, now).map_err(OutboundError::TooMany)?;
        let url = call.url.clone();
        let answer = self.http.send(call).await;
        match &answer {
            Ok(answer) => tracing::debug!(%client, %url, status = answer.status, "called"),
            Err(cause) => tracing::info!(%client, %url, %cause, "could not call"),
        }
        Ok(answer?)
    }
}
