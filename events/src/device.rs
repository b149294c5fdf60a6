//! One device authorization request (RFC 8628): requested, claimed by whoever entered the user code,
//! decided; then its token family.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Digest, Outcome, Reason, Scope, StreamId, SubjectId, Timestamp,
    approval::ApprovalEvent,
    payload::{events, succeeds},
};

events! {
    /// What happened to one device authorization request, in order.
    DeviceEvent {
        /// A device authorization request passed every check (RFC 8628 §3.1).
        Requested(Arc<Requested>) = "device.requested", 1;
        /// The provider refused the request and told the client so (RFC 8628 §3.2).
        Refused(Refused) = "device.refused", 1;
        /// An end-user entered the user code and is looking at the request (RFC 8628 §3.3).
        Claimed(Claimed) = "device.claimed", 1;
        + Approval(ApprovalEvent);
    }
}

/// The request, as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Requested {
    /// Who asks.
    pub client_id: ClientId,
    /// Revision of the client's stream the request was checked against.
    pub client_revision: u64,
    /// What is asked for.
    pub scope: Scope,
    /// The resource servers the tokens will be for.
    pub audience: Vec<String>,
    /// Wanted authentication contexts, best first.
    pub acr_values: Vec<String>,
    /// Of the `device_code`.
    pub device_code: Digest,
    /// Keyed digest of the `user_code`: it is too short for any other.
    pub user_code: Digest,
    /// Seconds the client must leave between two requests for the tokens.
    pub interval: u32,
    /// From then on it cannot be decided, and tokens cannot be fetched.
    pub expires_at: Timestamp,
}

/// What the client was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// Who asked.
    pub client_id: ClientId,
    /// The registered error code.
    pub error: String,
    /// The rule that refused it.
    pub reason: Reason,
}

/// Somebody is about to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Claimed {
    /// Who.
    pub subject: SubjectId,
    /// The browser session they are signed in with.
    pub session: StreamId,
}

succeeds!(Requested, Claimed);

impl Refused {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}
