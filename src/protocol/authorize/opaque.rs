//! `state`, `nonce`, `login_hint`: text of the client that is kept as it is (RFC 6749 §4.1.1, OpenID
//! Connect Core 1.0 §3.1.2.1, §3.2.2.1).

use super::{Asked, response_type::ResponseType};
use crate::protocol::error::OAuthError;

/// Bytes of a `state`.
pub const MAX_STATE: usize = 4096;
/// Bytes of a `nonce`.
pub const MAX_NONCE: usize = 1024;
/// Bytes of a `login_hint`.
pub const MAX_LOGIN_HINT: usize = 512;

/// Must fit the log.
pub(super) fn state(asked: &Asked<'_>) -> Result<Option<String>, OAuthError> {
    bounded(asked, "state", MAX_STATE, const { OAuthError::malformed("the state is too long") })
}

/// Must fit the log, and must be there where an ID Token leaves the authorization endpoint.
pub(super) fn nonce(
    asked: &Asked<'_>,
    response_type: ResponseType,
) -> Result<Option<String>, OAuthError> {
    let too_long = const { OAuthError::malformed("the nonce is too long") };
    let nonce = bounded(asked, "nonce", MAX_NONCE, too_long)?;
    if response_type.id_token && nonce.is_none() {
        return Err(const { OAuthError::missing("the parameter nonce is missing") });
    }
    Ok(nonce)
}

/// Must fit the log.
pub(super) fn login_hint(asked: &Asked<'_>) -> Result<Option<String>, OAuthError> {
    let too_long = const { OAuthError::malformed("the login_hint is too long") };
    bounded(asked, "login_hint", MAX_LOGIN_HINT, too_long)
}

fn bounded(
    asked: &Asked<'_>,
    name: &str,
    limit: usize,
    too_long: OAuthError,
) -> Result<Option<String>, OAuthError> {
    match asked.params.get(name) {
        Some(text) if text.len() > limit => Err(too_long),
        text => Ok(text.map(str::to_owned)),
    }
}
