//! The authorization response (RFC 6749 §4.1.2, §4.2.2, OpenID Connect Core 1.0 §3.2.2.5, §3.3.2.5, OAuth 2.0
//! Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2), always with `iss`
//! (RFC 9207 §2).

use moneta_events::{Scope, transaction::ResponseMode};

use super::ResponseTarget;
use crate::protocol::error::OAuthError;

/// What the browser is told to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizationResponse {
    /// Go to this address.
    Redirect(String),
    /// Post these fields to this address.
    FormPost {
        /// The registered redirect URI.
        action: String,
        /// Names and values, to be escaped by the page.
        fields: Vec<(&'static str, String)>,
    },
}

/// What a good answer brings, as far as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Success {
    /// The code.
    pub code: Option<String>,
    /// The access token.
    pub access_token: Option<BearerToken>,
    /// The ID Token.
    pub id_token: Option<String>,
}

/// An access token of the front channel (RFC 6749 §4.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerToken {
    /// The token.
    pub value: String,
    /// Seconds it works.
    pub expires_in: u32,
    /// What it allows.
    pub scope: Scope,
}

/// The answer that brings what was asked for.
pub fn success(target: ResponseTarget, issuer: &str, brings: Success) -> AuthorizationResponse {
    let Success { code, access_token, id_token } = brings;
    let mut fields = Vec::with_capacity(8);
    fields.extend(code.map(|code| ("code", code)));
    if let Some(BearerToken { value, expires_in, scope }) = access_token {
        fields.push(("access_token", value));
        fields.push(("token_type", "Bearer".to_owned()));
        fields.push(("expires_in", expires_in.to_string()));
        fields.push(("scope", scope.to_string()));
    }
    fields.extend(id_token.map(|id_token| ("id_token", id_token)));
    respond(target, issuer, fields)
}

/// The answer that brings an error.
pub fn error(target: ResponseTarget, issuer: &str, error: &OAuthError) -> AuthorizationResponse {
    let fields = vec![
        ("error", error.code.as_str().to_owned()),
        ("error_description", error.description.to_owned()),
    ];
    respond(target, issuer, fields)
}

fn respond(
    target: ResponseTarget,
    issuer: &str,
    mut fields: Vec<(&'static str, String)>,
) -> AuthorizationResponse {
    fields.extend(target.state.map(|state| ("state", state)));
    fields.push(("iss", issuer.to_owned()));
    let mut uri = target.redirect_uri;
    match target.response_mode {
        ResponseMode::FormPost => {
            return AuthorizationResponse::FormPost { action: uri, fields };
        }
        ResponseMode::Fragment => uri.push('#'),
        // A query that is registered with the redirect URI stays (RFC 6749 §3.1.2).
        ResponseMode::Query if uri.ends_with(['?', '&']) => {}
        ResponseMode::Query => uri.push(if uri.contains('?') { '&' } else { '?' }),
    }
    for (at, (name, value)) in fields.iter().enumerate() {
        if at > 0 {
            uri.push('&');
        }
        uri.push_str(name);
        uri.push('=');
        for part in form_urlencoded::byte_serialize(value.as_bytes()) {
            // Scripts that read a fragment often know percent signs only.
            uri.push_str(if part == "+" { "%20" } else { part });
        }
    }
    AuthorizationResponse::Redirect(uri)
}
