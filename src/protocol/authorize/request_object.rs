//! `request`, `request_uri`, `registration`: refused, never ignored, because their contents would have
//! changed the request (OpenID Connect Core 1.0 §3.1.2.6, §6, §7.2.1).

use moneta_events::Reason;

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Must not be there.
pub(super) fn check(asked: &Asked<'_>) -> Result<(), OAuthError> {
    const REFUSED: [(&str, OAuthError); 3] = [
        (
            "request",
            OAuthError::new(
                ErrorCode::RequestNotSupported,
                Reason::FeatureUnsupported,
                "this provider does not take request objects",
            ),
        ),
        (
            "request_uri",
            OAuthError::new(
                ErrorCode::RequestUriNotSupported,
                Reason::FeatureUnsupported,
                "this provider does not take requests by reference",
            ),
        ),
        (
            "registration",
            OAuthError::new(
                ErrorCode::RegistrationNotSupported,
                Reason::FeatureUnsupported,
                "this provider does not take registrations in requests",
            ),
        ),
    ];
    let refused = REFUSED.iter().find(|(name, _)| asked.params.get(name).is_some());
    refused.map_or(Ok(()), |(_, error)| Err(*error))
}
