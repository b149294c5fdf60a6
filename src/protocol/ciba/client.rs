//! Who may ask at all (CIBA Core 1.0 §4, §7.1).

use moneta_events::{
    Reason,
    client::{ClientMetadata, GrantType, TokenDeliveryMode},
};

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// A client that really authenticated and registered the grant, with the way in which it gets its tokens.
pub(super) fn check(asked: &Asked<'_>) -> Result<TokenDeliveryMode, OAuthError> {
    let metadata = asked.client.metadata();
    if metadata.is_public() {
        return Err(const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "a client that cannot authenticate cannot make backchannel requests",
            )
        });
    }
    let is_offered = asked.rules.grant_types.contains(&GrantType::Ciba);
    if !is_offered || !metadata.grant_types.contains(&GrantType::Ciba) {
        return Err(const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "the client did not register the grant_type of backchannel requests",
            )
        });
    }
    metadata.backchannel_token_delivery_mode.ok_or(
        const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "the client did not register a backchannel_token_delivery_mode",
            )
        },
    )
}

/// `invalid_request` where a client that registered to sign its requests sends a plain one (CIBA Core 1.0
/// §4, §7.1.1). FAPI-CIBA wants this error for all that is wrong with request objects.
pub fn must_sign(metadata: &ClientMetadata, is_signed: bool) -> Result<(), OAuthError> {
    let must = metadata.backchannel_authentication_request_signing_alg.is_some();
    if is_signed || !must {
        return Ok(());
    }
    Err(const {
        OAuthError::new(
            ErrorCode::InvalidRequest,
            Reason::RequestObjectInvalid,
            "the client registered to sign its requests, and the parameter request is missing",
        )
    })
}
