//! The answer of the token endpoint.

use moneta_events::Scope;
use serde::Serialize;

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
#[derive(Debug, Serialize)]
pub struct TokenResponse<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: &'a Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<&'a str>,
}

impl<'a> TokenResponse<'a> {
    /// A bearer token of `scope` that lives `expires_in` seconds.
    pub fn bearer(access_token: &'a str, expires_in: u32, scope: &'a Scope) -> Self {
        Self {
            access_token,
            token_type: "Bearer",
            expires_in,
            refresh_token: None,
            scope,
            id_token: None,
        }
    }

    /// With these beside it, where there are any.
    #[must_use]
    pub fn with(self, refresh_token: Option<&'a str>, id_token: Option<&'a str>) -> Self {
        Self { refresh_token, id_token, ..self }
    }
}
