//! Requests that a client signed (CIBA Core 1.0 §7.1.1, RFC 9101): a JWT whose claims are the parameters.

use moneta_events::{ClientId, Reason, Timestamp};
use serde_json::Value;

use super::{
    error::{ErrorCode, OAuthError},
    once::OneTime,
    params::Params,
};
use crate::jose::{Alg, ClientKeys, Flaw, Purpose, Rejection, VerifiedClaims, verify};

/// Parameters whose values are text.
const TEXT: [&str; 24] = [
    "acr_values",
    "binding_message",
    "claims_locales",
    "client_id",
    "client_notification_token",
    "code_challenge",
    "code_challenge_method",
    "display",
    "dpop_jkt",
    "id_token_hint",
    "login_hint",
    "login_hint_token",
    "nonce",
    "prompt",
    "redirect_uri",
    "registration",
    "response_mode",
    "response_type",
    "scope",
    "state",
    "ui_locales",
    "user_code",
    "request",
    "request_uri",
];
/// Parameters that are numbers, which may be written as text, too.
const NUMBERS: [&str; 2] = ["max_age", "requested_expiry"];
/// Parameters that are JSON.
const JSON: [&str; 2] = ["authorization_details", "claims"];
/// Parameters that may have several values (RFC 8707 §2).
const LISTS: [&str; 1] = ["resource"];

/// What a request object is verified with.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The client that sent it, authenticated or at least known.
    pub client_id: &'a ClientId,
    /// The algorithm it registered for this, if it registered one.
    pub alg: Option<Alg>,
    /// Its keys.
    pub keys: &'a ClientKeys,
    /// This provider.
    pub issuer: &'a str,
    /// The error that a bad one is answered with: endpoints differ.
    pub code: ErrorCode,
}

/// A request as its client signed it.
#[derive(Debug)]
pub struct SignedRequest {
    /// Its parameters, as if they had come in a form.
    pub parameters: Params<'static>,
    /// What has to be reserved for it to count.
    pub once: OneTime,
}

/// Verifies a request object and takes the parameters out of it.
pub fn open(
    token: &str,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<SignedRequest, OAuthError> {
    let client_id = expected.client_id.as_str();
    let purpose = Purpose::request_object(client_id, expected.issuer, expected.alg);
    let claims = verify(token, &purpose, expected.keys, now)
        .map_err(|rejection| refused(rejection, expected.code))?;
    let wrong = || INVALID.answered(expected.code);
    // A client assertion is signed with the same keys, and says so in `sub` (RFC 9101 §10.8).
    let is_assertion = claims.subject() == client_id;
    let is_another_clients = claims.text("client_id").is_some_and(|named| named != client_id);
    let is_nested = claims.get("request").or(claims.get("request_uri")).is_some();
    if is_assertion || is_another_clients || is_nested {
        return Err(wrong());
    }
    let pairs = parameters(&claims).ok_or_else(wrong)?;
    let parameters =
        Params::of(pairs).map_err(|cause| OAuthError { code: expected.code, ..cause.into() })?;
    Ok(SignedRequest { parameters, once: OneTime::of(&claims) })
}

/// The claims that are parameters; `None` where one has a type it cannot have. Other claims mean nothing
/// here.
fn parameters(claims: &VerifiedClaims) -> Option<Vec<(&'static str, String)>> {
    let mut pairs = Vec::new();
    for name in TEXT {
        if let Some(value) = claims.get(name) {
            pairs.push((name, value.as_str()?.to_owned()));
        }
    }
    for name in NUMBERS {
        match claims.get(name) {
            None => {}
            Some(Value::Number(number)) => pairs.push((name, number.to_string())),
            Some(value) => pairs.push((name, value.as_str()?.to_owned())),
        }
    }
    for name in JSON {
        match claims.get(name) {
            None => {}
            Some(value @ (Value::Object(_) | Value::Array(_))) => {
                pairs.push((name, value.to_string()));
            }
            Some(_) => return None,
        }
    }
    for name in LISTS {
        match claims.get(name) {
            None => {}
            Some(Value::Array(values)) => {
                for value in values {
                    pairs.push((name, value.as_str()?.to_owned()));
                }
            }
            Some(value) => pairs.push((name, value.as_str()?.to_owned())),
        }
    }
    Some(pairs)
}

/// Refuses a parameter that stands beside a request object whose client has to sign all of them (CIBA
/// Core 1.0 §7.1.1). What authenticates the client stays outside.
pub fn refuse_beside(form: &Params<'_>) -> Result<(), OAuthError> {
    let outside = ["client_id", "request"];
    let names = TEXT.into_iter().chain(NUMBERS).chain(JSON).chain(LISTS);
    if names.filter(|name| !outside.contains(name)).any(|name| form.has(name)) {
        return Err(const {
            OAuthError::malformed("with a request object, its claims are the only parameters")
        });
    }
    Ok(())
}

/// The request object was used before.
pub const fn replayed(code: ErrorCode) -> OAuthError {
    const REPLAYED: OAuthError = OAuthError::new(
        ErrorCode::InvalidRequest,
        Reason::RequestObjectReplayed,
        "the request object was used before",
    );
    REPLAYED.answered(code)
}

/// What the client is told about a request object that does not hold.
const fn refused(rejection: Rejection, code: ErrorCode) -> OAuthError {
    match rejection.flaw() {
        Flaw::Form => MALFORMED,
        Flaw::Signature => UNTRUSTED,
        Flaw::Claims => INVALID,
        Flaw::Expired => EXPIRED,
    }
    .answered(code)
}

const MALFORMED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::RequestObjectMalformed,
    "the request object is no signed JWT of its kind",
);
const UNTRUSTED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::RequestObjectUntrusted,
    "the request object is not signed with a key and algorithm of the client",
);
const INVALID: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::RequestObjectClaimWrong,
    "a claim of the request object is missing or wrong",
);
const EXPIRED: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::RequestObjectExpired,
    "the request object has expired",
);
/// The keys of the client cannot be had.
pub const NO_KEYS: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::ClientKeysUnavailable,
    "the keys of the client cannot be had, so its signature cannot be verified",
);
