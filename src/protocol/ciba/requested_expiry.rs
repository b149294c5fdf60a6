//! `requested_expiry` (CIBA Core 1.0 §7.1).

use super::Asked;
use crate::protocol::error::OAuthError;

/// Seconds the request is good for: as long as the client wishes, up to what is allowed. In a request
/// object it may be a number or text; here it is text in any case.
pub(super) fn check(asked: &Asked<'_>) -> Result<u32, OAuthError> {
    let backchannel = &asked.rules.backchannel;
    let Some(text) = asked.params.get("requested_expiry") else { return Ok(backchannel.lifetime) };
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let seconds = text.parse().ok().filter(|seconds: &u32| is_number && *seconds > 0).ok_or(
        const { OAuthError::malformed("requested_expiry must be a positive number of seconds") },
    )?;
    Ok(seconds.min(backchannel.longest_lifetime))
}
