//! Grants without an end-user step, born complete.

use serde::{Deserialize, Serialize};

use crate::{
    ClientId,
    payload::{events, succeeds},
    token::{Issued, TokenEvent},
};

events! {
    /// What happened to one such grant.
    DirectEvent {
        /// A client got an access token for itself (RFC 6749 §4.4).
        Granted(Granted) = "direct.granted", 1;
        + Token(TokenEvent);
    }
}

/// The grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Granted {
    /// To whom.
    pub client_id: ClientId,
    /// By which `grant_type`.
    pub grant_type: String,
    /// What was issued.
    pub tokens: Issued,
}

succeeds!(Granted);
