//! Token introspection (RFC 7662).

use moneta_events::{ClientId, Reason, Scope};
use serde::Serialize;

use super::{
    access_token::one_or_more,
    client_auth::AuthenticatedClient,
    error::{ErrorCode, OAuthError},
    params::Params,
};

/// Reads the token to look at. The hint is not needed: a token says itself what it is (§2.1).
pub fn read<'a>(form: &'a Params<'_>) -> Result<&'a str, OAuthError> {
    form.get("token").ok_or(const { OAuthError::missing("the parameter token is missing") })
}

/// Only clients that can keep a secret may ask: open to all, the endpoint would help to try out tokens
/// (§4).
pub fn check_caller(caller: &AuthenticatedClient<'_>) -> Result<(), OAuthError> {
    if !caller.metadata().is_public() {
        return Ok(());
    }
    Err(const {
        OAuthError::new(
            ErrorCode::InvalidClient,
            Reason::ClientAuthenticationFailed,
            "a client that cannot authenticate cannot introspect tokens",
        )
    })
}

/// Whether `caller` may know anything of a token: it is in its audience, or it is the client the token
/// was issued to. To anybody else the token is inactive, so that asking teaches nothing (§2.2, §4). A
/// refresh token is for its client alone: it has no `audience`.
pub fn may_see(
    caller: &AuthenticatedClient<'_>,
    issued_to: &ClientId,
    audience: &[String],
) -> bool {
    let resource = caller.metadata().resource.as_ref();
    !caller.metadata().is_public()
        && (caller.id() == issued_to || resource.is_some_and(|own| audience.contains(own)))
}

/// The answer (§2.2).
#[derive(Debug, Clone, Serialize)]
pub struct Introspection<'a> {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    token: Option<TokenFacts<'a>>,
}

impl<'a> Introspection<'a> {
    /// The token does not work, or is none of the caller's business: which of them is not told.
    pub const INACTIVE: Self = Self { active: false, token: None };

    /// The token works.
    pub const fn active(token: TokenFacts<'a>) -> Self {
        Self { active: true, token: Some(token) }
    }
}

/// What is told of a token that works.
#[derive(Debug, Clone, Serialize)]
pub struct TokenFacts<'a> {
    /// What it allows.
    pub scope: &'a Scope,
    /// Whom it was issued to.
    pub client_id: &'a ClientId,
    /// `Bearer` for an access token; a refresh token has no type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// From then on it does not work.
    pub exp: i64,
    /// When it was issued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<i64>,
    /// Whom it speaks for.
    pub sub: &'a str,
    /// Whom it is for.
    #[serde(serialize_with = "one_or_more", skip_serializing_if = "<[String]>::is_empty")]
    pub aud: &'a [String],
    /// The issuer.
    pub iss: &'a str,
}
