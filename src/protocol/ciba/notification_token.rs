//! `client_notification_token` (CIBA Core 1.0 §7.1): what the provider shows the client when it calls it.

use moneta_events::{Reason, client::TokenDeliveryMode};
use zeroize::Zeroizing;

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// Characters at most (CIBA Core 1.0 §7.1).
const LONGEST: usize = 1_024;
/// Characters at least: 128 bits in base64url.
const SHORTEST: usize = 22;

/// Required of whoever is called; from others it means nothing and is not kept. It must be a bearer token
/// by its syntax (RFC 6750 §2.1).
pub(super) fn check(
    asked: &Asked<'_>,
    mode: TokenDeliveryMode,
) -> Result<Option<Zeroizing<String>>, OAuthError> {
    if mode == TokenDeliveryMode::Poll {
        return Ok(None);
    }
    let token = asked.params.get("client_notification_token").ok_or(
        const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::NotificationTokenInvalid,
                "the parameter client_notification_token is missing",
            )
        },
    )?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    let is_token = token.trim_end_matches('=').bytes().all(allowed);
    if is_token && (SHORTEST..=LONGEST).contains(&token.len()) {
        return Ok(Some(Zeroizing::new(token.to_owned())));
    }
    Err(const {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            Reason::NotificationTokenInvalid,
            "the client_notification_token must be a bearer token of 22 to 1024 characters",
        )
    })
}
