//! The claims of a JWT access token (RFC 9068 §2.2).

use moneta_events::{ClientId, Scope, SubjectId, Timestamp, token::AccessToken};
use serde::{Serialize, Serializer};

use super::grantor::Grantor;

/// The media type of its header (RFC 9068 §2.1).
pub const TYP: &str = "at+jwt";

/// The claims, in the order they are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessTokenClaims<'a> {
    iss: &'a str,
    sub: Sub<'a>,
    #[serde(serialize_with = "one_or_more")]
    aud: &'a [String],
    client_id: &'a ClientId,
    exp: i64,
    iat: i64,
    jti: &'a str,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: &'a Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
}

/// Whom a token speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
enum Sub<'a> {
    EndUser(SubjectId),
    Client(&'a ClientId),
}

impl<'a> AccessTokenClaims<'a> {
    /// The claims of the token `recorded`, which speaks for the client itself (RFC 9068 §2.2). `jti` is
    /// the text whose digest is on record.
    pub fn new(
        issuer: &'a str,
        client_id: &'a ClientId,
        recorded: &'a AccessToken,
        jti: &'a str,
        issued_at: Timestamp,
    ) -> Self {
        Self {
            iss: issuer,
            sub: Sub::Client(client_id),
            aud: &recorded.audience,
            client_id,
            exp: recorded.expires_at.as_seconds(),
            iat: issued_at.as_seconds(),
            jti,
            scope: &recorded.scope,
            auth_time: None,
            acr: None,
            amr: &[],
        }
    }

    /// For the end-user who authenticated (RFC 9068 §2.2.1).
    #[must_use]
    pub fn on_behalf_of(self, grantor: &Grantor<'a>) -> Self {
        Self {
            sub: Sub::EndUser(grantor.subject),
            auth_time: Some(grantor.auth_time.as_seconds()),
            acr: Some(grantor.acr).filter(|acr| !acr.is_empty()),
            amr: grantor.amr,
            ..self
        }
    }
}

/// The audience to put on record: what was asked for, or the provider itself, because a JWT access token
/// must have one (RFC 9068 §3).
pub fn audience(requested: Vec<String>, issuer: &str) -> Vec<String> {
    if requested.is_empty() { vec![issuer.to_owned()] } else { requested }
}

/// A single audience is a string (RFC 7519 §4.1.3).
pub(super) fn one_or_more<S: Serializer>(
    values: &[String],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match values {
        [only] => serializer.serialize_str(only),
        _ => serializer.collect_seq(values),
    }
}
