//! A browser session of an end-user at the provider.

use serde::{Deserialize, Serialize};

use crate::{
    Digest, StreamId, SubjectId, Timestamp,
    payload::{events, succeeds},
};

events! {
    /// The life of one session.
    SessionEvent {
        /// An end-user signed in and got a session.
        Started(Started) = "session.started", 1;
        /// The end-user of the session authenticated again; the cookie was replaced.
        Reauthenticated(Reauthenticated) = "session.reauthenticated", 1;
        /// The session ended.
        Ended(Ended) = "session.ended", 1;
    }
}

/// A session begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Started {
    /// Whose it is.
    pub subject: SubjectId,
    /// Of the cookie's secret.
    pub secret: Digest,
    /// When the end-user authenticated.
    pub auth_time: Timestamp,
    /// The authentication context reached.
    pub acr: String,
    /// The methods used (RFC 8176).
    pub amr: Vec<String>,
    /// From then on it is over.
    pub expires_at: Timestamp,
}

/// The same end-user authenticated again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Reauthenticated {
    /// Of the new cookie's secret.
    pub secret: Digest,
    /// When.
    pub auth_time: Timestamp,
    /// The authentication context reached.
    pub acr: String,
    /// The methods used (RFC 8176).
    pub amr: Vec<String>,
    /// From then on it is over.
    pub expires_at: Timestamp,
}

/// A session is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ended {
    /// What ended it.
    pub cause: SessionEnd,
}

/// What ended a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// The end-user signed out.
    SignedOut,
    /// Another end-user signed in with the same browser.
    AccountSwitched,
    /// Somebody who runs the provider did it.
    Operator,
}

/// Names the stream of a session in `sid` claims and cookies.
pub const fn is_session(stream: StreamId) -> bool {
    matches!(stream.category, crate::Category::Session)
}

succeeds!(Started, Reauthenticated, Ended);
