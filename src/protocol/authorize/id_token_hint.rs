//! `id_token_hint` (OpenID Connect Core 1.0 §3.1.2.1 and §3.1.2.2).

use moneta_events::{Reason, SubjectId};

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// What an `id_token_hint` says, once its signature was verified with one of our keys. It may be expired:
/// it names somebody, it does not prove anything.
#[derive(Debug, Clone, Copy)]
pub struct HintClaims<'a> {
    /// Its `iss`.
    pub issuer: &'a str,
    /// Its `sub`.
    pub subject: &'a str,
    /// Its `aud`.
    pub audience: &'a [String],
}

/// Must be an ID Token that this provider issued to this client.
pub(super) fn check(asked: &Asked<'_>) -> Result<Option<SubjectId>, OAuthError> {
    if asked.params.get("id_token_hint").is_none() {
        return Ok(None);
    }
    let client_id = asked.client.metadata.client_id.as_str();
    asked
        .hint
        .filter(|hint| hint.issuer == asked.rules.issuer)
        .filter(|hint| hint.audience.iter().any(|audience| audience == client_id))
        .and_then(|hint| hint.subject.parse().ok())
        .map(Some)
        .ok_or(
            const {
                OAuthError::new(
                    ErrorCode::InvalidRequest,
                    Reason::IdTokenHintInvalid,
                    "the id_token_hint is not an ID Token that was issued here to this client",
                )
            },
        )
}
