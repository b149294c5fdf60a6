//! `scope` (CIBA Core 1.0 §7.1, OpenID Connect Core 1.0 §11).

use moneta_events::{Reason, Scope, client::GrantType};

use super::Asked;
use crate::protocol::{
    authorize::scope::{NOT_REGISTERED, parse},
    error::{ErrorCode, OAuthError},
    rules::{OFFLINE_ACCESS, OPENID},
};

/// Must have `openid` and nothing the client did not register. Tokens nobody here understands are ignored
/// (OpenID Connect Core 1.0 §3.1.2.1), and so is `offline_access` where there is no refresh token to give.
pub(super) fn check(asked: &Asked<'_>) -> Result<Scope, OAuthError> {
    let client = asked.client.metadata();
    let missing = const { OAuthError::missing("the parameter scope is missing") };
    let known = asked.rules.known(&parse(asked.params.get("scope").ok_or(missing)?)?);
    if !known.is_subset_of(&client.scope) {
        return Err(NOT_REGISTERED);
    }
    if !known.contains(OPENID) {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidScope,
                Reason::ParameterMissing,
                "a backchannel request needs the scope openid",
            )
        });
    }
    let offline = client.grant_types.contains(&GrantType::RefreshToken);
    Ok(known.iter().filter(|token| offline || *token != OFFLINE_ACCESS).collect())
}
