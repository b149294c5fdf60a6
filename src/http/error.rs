//! Errors at the edge, rendered in one place: as JSON for clients, as a page for people. The cause goes to
//! the log and the counters, never to the caller.

use std::fmt;

use actix_web::{
    HttpResponse, ResponseError,
    http::{StatusCode, header},
};
use moneta_events::Reason;

use crate::{
    engine::{facts::NoView, guards::GuardError, order::Failure, privacy::PrivacyError},
    protocol::error::{ErrorCode, OAuthError},
};

/// How an endpoint for clients says no.
#[derive(Debug)]
pub struct EndpointError {
    /// What the client is told.
    pub error: OAuthError,
    /// `WWW-Authenticate`, where the client tried a scheme (RFC 6749 §5.2, RFC 6750 §3).
    pub challenge: Option<String>,
    /// Seconds after which trying again makes sense.
    pub retry_after: Option<u32>,
}

/// Why a request that may be good could not be answered now.
pub const BUSY: OAuthError = OAuthError::new(
    ErrorCode::TemporarilyUnavailable,
    Reason::Overloaded,
    "the provider cannot answer now, try again shortly",
);

/// Why a caller has to wait.
pub const TOO_MANY: OAuthError = OAuthError::new(
    ErrorCode::TemporarilyUnavailable,
    Reason::Throttled,
    "too many requests, try again later",
);

impl EndpointError {
    /// Try again in so many seconds.
    pub const fn busy(retry_after: u32) -> Self {
        Self { error: BUSY, challenge: None, retry_after: Some(retry_after) }
    }

    /// Too much was tried from here.
    pub const fn too_many(retry_after: u32) -> Self {
        Self { error: TOO_MANY, challenge: None, retry_after: Some(retry_after) }
    }
}

impl From<OAuthError> for EndpointError {
    fn from(error: OAuthError) -> Self {
        Self { error, challenge: None, retry_after: None }
    }
}

impl From<Failure> for EndpointError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused(reason) => OAuthError::invalid_grant(reason).into(),
            Failure::Busy => Self::busy(1),
            Failure::Store(_) | Failure::Quarantined(_) => {
                tracing::error!(%failure, "an order could not be carried out");
                Self::busy(5)
            }
        }
    }
}

impl From<PrivacyError> for EndpointError {
    fn from(cause: PrivacyError) -> Self {
        tracing::error!(%cause, "the vault does not answer");
        Self::busy(5)
    }
}

impl From<GuardError> for EndpointError {
    fn from(cause: GuardError) -> Self {
        match cause {
            GuardError::Busy => Self::busy(1),
            GuardError::Unavailable(_) => {
                tracing::error!(%cause, "nothing can be reserved");
                Self::busy(5)
            }
        }
    }
}

impl From<NoView> for EndpointError {
    fn from(cause: NoView) -> Self {
        tracing::error!(%cause, "what is on record cannot be read");
        Self::busy(5)
    }
}

impl fmt::Display for EndpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl ResponseError for EndpointError {
    fn status_code(&self) -> StatusCode {
        let OAuthError { code, reason, .. } = self.error;
        let is_full = reason == Reason::RequestFatigue && code == ErrorCode::TemporarilyUnavailable;
        if reason == Reason::Throttled || is_full {
            return StatusCode::TOO_MANY_REQUESTS;
        }
        StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST)
    }

    fn error_response(&self) -> HttpResponse {
        tracing::debug!(
            error = self.error.code.as_str(),
            reason = self.error.reason.as_str(),
            "refused"
        );
        let mut response = HttpResponse::build(self.status_code());
        if let Some(challenge) = &self.challenge {
            response.insert_header((header::WWW_AUTHENTICATE, challenge.as_str()));
        }
        if let Some(seconds) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store")).json(self.error)
    }
}
