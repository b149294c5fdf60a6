//! Refused requests that belong to no transaction: counted, sampled, never a stream of their own.

use serde::{Deserialize, Serialize};

use crate::{Outcome, Reason, Sealed, Timestamp, payload::events};

events! {
    /// What a node refused at its doors.
    IncidentEvent {
        /// Requests were refused for one reason in one window of time.
        Counted(Counted) = "incident.counted", 1, personal ("example");
    }
}

/// A window of refusals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Counted {
    /// Why.
    pub reason: Reason,
    /// At which endpoint.
    pub endpoint: String,
    /// How many.
    pub count: u64,
    /// The first of them.
    pub since: Timestamp,
    /// The last of them.
    pub until: Timestamp,
    /// What one of them said of itself: client_id and redirect_uri, cut to 200 characters each.
    pub example: Option<Sealed>,
}

impl Counted {
    /// Refused.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}
