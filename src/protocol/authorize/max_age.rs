//! `max_age` and the client's `default_max_age` (OpenID Connect Core 1.0 §3.1.2.1, OpenID Connect
//! Dynamic Client Registration 1.0 §2).

use super::Asked;
use crate::protocol::error::OAuthError;

/// Must be a whole number of seconds. One too large to hold means: any age.
pub(super) fn check(asked: &Asked<'_>) -> Result<Option<u32>, OAuthError> {
    let Some(text) = asked.params.get("max_age") else {
        return Ok(asked.client.metadata.default_max_age);
    };
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            const { OAuthError::malformed("the max_age is not a whole number of seconds") },
        );
    }
    Ok(Some(text.parse().unwrap_or(u32::MAX)))
}
