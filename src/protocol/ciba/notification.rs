//! What a client is told of its request (CIBA Core 1.0 §10.2, §10.3.1, §12).

use serde::Serialize;

use crate::protocol::token::TokenResponse;

/// The body of a notification, as JSON.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Notification<'a> {
    /// Decided: the tokens, or why there are none, can be fetched (§10.2).
    Ping {
        /// Which request.
        auth_req_id: &'a str,
    },
    /// Allowed: the tokens (§10.3.1).
    Push {
        /// Which request.
        auth_req_id: &'a str,
        /// The tokens.
        #[serde(flatten)]
        tokens: TokenResponse<'a>,
    },
    /// There are none (§12).
    PushError {
        /// Which request.
        auth_req_id: &'a str,
        /// The registered code.
        error: &'static str,
        /// What it means.
        error_description: &'static str,
    },
}

impl<'a> Notification<'a> {
    /// The end-user or the provider denied it.
    pub const fn denied(auth_req_id: &'a str) -> Self {
        Self::failed(auth_req_id, "access_denied", "the end-user did not allow it")
    }

    /// Nobody decided it in time.
    pub const fn expired(auth_req_id: &'a str) -> Self {
        Self::failed(auth_req_id, "expired_token", "the end-user did not decide in time")
    }

    /// It was allowed, but nothing can be issued.
    pub const fn transaction_failed(auth_req_id: &'a str) -> Self {
        Self::failed(auth_req_id, "transaction_failed", "the tokens could not be issued")
    }

    const fn failed(
        auth_req_id: &'a str,
        error: &'static str,
        error_description: &'static str,
    ) -> Self {
        Self::PushError { auth_req_id, error, error_description }
    }
}
