//! One backchannel authentication request (OpenID Connect Client-Initiated Backchannel Authentication
//! Core 1.0): requested, the end-user reached on their device, decided; then its token family.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Digest, Outcome, Reason, Scope, Sealed, SubjectId, Timestamp,
    approval::ApprovalEvent,
    client::TokenDeliveryMode,
    payload::{events, succeeds},
};

events! {
    /// What happened to one backchannel request, in order.
    BackchannelEvent {
        /// A backchannel request passed every check (CIBA Core 1.0 §7.1).
        Requested(Arc<Requested>) = "backchannel.requested", 1, personal ("binding_message", "client_notification_token");
        /// The provider refused the request and told the client so (CIBA Core 1.0 §13).
        Refused(Refused) = "backchannel.refused", 1;
        /// The end-user's device was told that something waits for them, or could not be told.
        DeviceNotified(Notified) = "backchannel.device_notified", 1;
        /// The client was told that the request is decided, or could not be told (CIBA Core 1.0 §10.2, §10.3).
        ClientNotified(Notified) = "backchannel.client_notified", 1;
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
    /// Whom the hint named.
    pub subject: SubjectId,
    /// Which hint that was.
    pub hint: HintKind,
    /// What is asked for.
    pub scope: Scope,
    /// The resource servers the tokens will be for.
    pub audience: Vec<String>,
    /// Wanted authentication contexts, best first.
    pub acr_values: Vec<String>,
    /// What both devices show, so that the end-user can compare.
    pub binding_message: Option<Sealed>,
    /// Whether the end-user's `user_code` came along and was right.
    pub user_code: bool,
    /// The request object it came in, where it was signed.
    pub request_object: Option<RequestObject>,
    /// How the client learns that it is decided.
    pub delivery_mode: TokenDeliveryMode,
    /// `client_notification_token`, sealed under the client's key: needed to tell the client.
    pub client_notification_token: Option<Sealed>,
    /// Of the `auth_req_id`.
    pub auth_req_id: Digest,
    /// Seconds the client must leave between two requests for the tokens.
    pub interval: u32,
    /// From then on it cannot be decided, and tokens cannot be fetched.
    pub expires_at: Timestamp,
}

/// Which hint named the end-user (CIBA Core 1.0 §7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum HintKind {
    /// `login_hint`.
    LoginHint,
    /// `id_token_hint`.
    IdTokenHint,
    /// `login_hint_token`.
    LoginHintToken,
}

/// A signed request object (CIBA Core 1.0 §7.1.1), by which the client stands to what it asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestObject {
    /// Of its bytes.
    pub digest: Digest,
    /// The algorithm it was signed with.
    pub alg: String,
    /// The key it was signed with, where it has a name.
    pub kid: Option<String>,
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

/// One attempt to tell somebody over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Notified {
    /// From 1.
    pub attempt: u32,
    /// The status of the answer; `None` where none came.
    pub status: Option<u16>,
    /// Whether that was the last attempt.
    pub last: bool,
}

succeeds!(Requested);

impl Refused {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}

impl Notified {
    /// Whether the other side took it.
    pub const fn is_taken(&self) -> bool {
        matches!(self.status, Some(200..=299))
    }

    /// Refused where the other side did not take it.
    pub const fn outcome(&self) -> Outcome {
        if self.is_taken() {
            Outcome::SUCCESS
        } else {
            Outcome::refused(Reason::NotificationFailed)
        }
    }
}
