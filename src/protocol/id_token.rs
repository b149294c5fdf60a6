//! The claims of an ID Token (OpenID Connect Core 1.0 §2). They follow from what is on record alone, so
//! any ID Token can be shown again from its events.

use moneta_events::{ClientId, Digest, StreamId, SubjectId, token};
use serde::Serialize;
use serde_json::{Map, Value};

use super::grantor::Grantor;
use crate::jose::{Alg, half_hash};

/// The claims, in the order they are written. Claims about the end-user are among them only where no access
/// token can get them from the UserInfo endpoint (§5.4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IdTokenClaims<'a> {
    iss: &'a str,
    sub: SubjectId,
    aud: &'a ClientId,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    acr: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    amr: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    at_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    c_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Digest>,
    #[serde(
        rename = "urn:openid:params:jwt:claim:auth_req_id",
        skip_serializing_if = "Option::is_none"
    )]
    auth_req_id: Option<&'a str>,
    #[serde(
        rename = "urn:openid:params:jwt:claim:rt_hash",
        skip_serializing_if = "Option::is_none"
    )]
    rt_hash: Option<String>,
    #[serde(flatten)]
    person: Option<&'a Map<String, Value>>,
}

impl<'a> IdTokenClaims<'a> {
    /// The claims of the ID Token `recorded`, for the client and the end-user it came from.
    pub fn new(
        issuer: &'a str,
        client_id: &'a ClientId,
        grantor: &Grantor<'a>,
        recorded: &token::IdToken,
    ) -> Self {
        Self {
            iss: issuer,
            sub: grantor.subject,
            aud: client_id,
            exp: recorded.expires_at.as_seconds(),
            iat: recorded.issued_at.as_seconds(),
            auth_time: grantor.auth_time.as_seconds(),
            nonce: grantor.nonce,
            acr: grantor.acr,
            amr: grantor.amr,
            at_hash: None,
            c_hash: None,
            s_hash: None,
            sid: grantor.session.map(|session| sid(session, client_id)),
            auth_req_id: None,
            rt_hash: None,
            person: None,
        }
    }

    /// For a refresh: without the nonce, which belongs to the authorization request (§12.2).
    #[must_use]
    pub fn without_nonce(self) -> Self {
        Self { nonce: None, ..self }
    }

    /// Bound to the access token beside it (§3.1.3.6), by the hash of the signature's algorithm.
    #[must_use]
    pub fn with_access_token(self, alg: &str, access_token: &str) -> Self {
        Self { at_hash: hash(alg, access_token), ..self }
    }

    /// Pushed to a client: bound to its request and the refresh token beside it (CIBA Core 1.0 §10.3.1).
    #[must_use]
    pub fn pushed(self, alg: &str, auth_req_id: &'a str, refresh_token: Option<&str>) -> Self {
        let rt_hash = refresh_token.and_then(|token| hash(alg, token));
        Self { auth_req_id: Some(auth_req_id), rt_hash, ..self }
    }

    /// Bound to the code beside it (§3.3.2.11).
    #[must_use]
    pub fn with_code(self, alg: &str, code: &str) -> Self {
        Self { c_hash: hash(alg, code), ..self }
    }

    /// Bound to the `state` beside it (Financial-grade API Security Profile 1.0 Part 2 §5.1.1).
    #[must_use]
    pub fn with_state(self, alg: &str, state: &str) -> Self {
        Self { s_hash: hash(alg, state), ..self }
    }

    /// With these claims about the end-user, none of which describes the token.
    #[must_use]
    pub fn with_person(self, person: &'a Map<String, Value>) -> Self {
        Self { person: Some(person), ..self }
    }
}

/// `sid`: names the session to one client only, so that clients cannot tell by it that they share an
/// end-user (OpenID Connect Back-Channel Logout 1.0 §2.1).
pub fn sid(session: StreamId, client: &ClientId) -> Digest {
    Digest::of(&[b"sid", &session.to_bytes(), client.as_str().as_bytes()])
}

/// `None` for an algorithm the provider does not sign with.
fn hash(alg: &str, value: &str) -> Option<String> {
    alg.parse().ok().map(|alg: Alg| half_hash(alg, value))
}
