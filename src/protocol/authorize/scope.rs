//! `scope` (RFC 6749 §3.3, OpenID Connect Core 1.0 §3.1.2.1 and §11).

use moneta_events::{Reason, Scope, client::GrantType};

use super::{Asked, response_type::ResponseType};
use crate::protocol::{
    error::{ErrorCode, OAuthError},
    rules::{OFFLINE_ACCESS, OPENID},
};

/// Reads a `scope` value; each token must be spelled with the characters of RFC 6749 §3.3.
pub fn parse(text: &str) -> Result<Scope, OAuthError> {
    let allowed = |c: char| matches!(c, ' ' | '!' | '#'..='[' | ']'..='~');
    let scope = Scope::parse(text);
    if scope.is_empty() || !text.chars().all(allowed) {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidScope,
                Reason::ParameterMalformed,
                "the scope is empty or has a character that scopes cannot have",
            )
        });
    }
    Ok(scope)
}

/// `invalid_scope`: more than the client registered.
pub(in crate::protocol) const NOT_REGISTERED: OAuthError = OAuthError::new(
    ErrorCode::InvalidScope,
    Reason::ScopeNotRegistered,
    "the scope has a token that is unknown or that the client did not register",
);

/// Every token must be one the client registered. In an OpenID Connect request, tokens nobody here
/// understands are ignored (OpenID Connect Core 1.0 §3.1.2.1); in a plain OAuth one they are an error.
pub(super) fn check(asked: &Asked<'_>, response_type: ResponseType) -> Result<Scope, OAuthError> {
    let client = asked.client.metadata;
    let requested = parse(asked.params.get("scope").ok_or(
        const {
            OAuthError::new(
                ErrorCode::InvalidScope,
                Reason::ParameterMissing,
                "the parameter scope is missing",
            )
        },
    )?)?;
    let known = asked.rules.known(&requested);
    let is_openid = known.contains(OPENID);
    if !known.is_subset_of(&client.scope) || (!is_openid && known.len() < requested.len()) {
        return Err(NOT_REGISTERED);
    }
    if response_type.id_token && !is_openid {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidScope,
                Reason::ParameterMissing,
                "an ID Token needs the scope openid",
            )
        });
    }
    // Without a code, or without the grant, there is no refresh token to ask for (§11).
    let offline = response_type.code && client.grant_types.contains(&GrantType::RefreshToken);
    let scope: Scope =
        known.iter().filter(|token| *token != OFFLINE_ACCESS || (offline && is_openid)).collect();
    if scope.is_empty() { Err(NOT_REGISTERED) } else { Ok(scope) }
}
