//! `private_key_jwt`: authentication by a signed assertion (RFC 7521 §4.2, RFC 7523 §2.2 and §3, OpenID
//! Connect Core 1.0 §9).

use moneta_events::{Reason, Timestamp, client::ClientMetadata};

use super::FAILED;
use crate::{
    jose::{ClientKeys, Flaw, Purpose, Rejection, verify},
    protocol::{error::OAuthError, once::OneTime},
};

/// The one kind of assertion there is.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What an assertion is verified with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Assertions<'a> {
    /// The keys of the client that it names; `None` where they cannot be had.
    pub keys: Option<&'a ClientKeys>,
    /// The names under which this provider may be meant: its issuer, its token endpoint (RFC 7523 §3),
    /// and the endpoint that is asked.
    pub audience: &'a [&'a str],
}

/// Verifies an assertion of the client with this registration.
pub(super) fn check(
    assertion: &str,
    client: &ClientMetadata,
    with: &Assertions<'_>,
    now: Timestamp,
) -> Result<OneTime, OAuthError> {
    let keys = with.keys.ok_or(OAuthError { reason: Reason::ClientKeysUnavailable, ..FAILED })?;
    let alg = match client.token_endpoint_auth_signing_alg.as_deref().map(str::parse) {
        None => None,
        Some(Ok(alg)) => Some(alg),
        Some(Err(_)) => return Err(refused(Rejection::Alg)),
    };
    let purpose = Purpose::client_assertion(client.client_id.as_str(), with.audience, alg);
    let claims = verify(assertion, &purpose, keys, now).map_err(refused)?;
    Ok(OneTime::of(&claims))
}

/// The client learns only that it failed, as with any other method.
pub(super) const fn refused(rejection: Rejection) -> OAuthError {
    let reason = match rejection.flaw() {
        Flaw::Form => Reason::ClientAssertionMalformed,
        Flaw::Signature => Reason::ClientAssertionUntrusted,
        Flaw::Claims => Reason::ClientAssertionInvalid,
        Flaw::Expired => Reason::ClientAssertionExpired,
    };
    OAuthError { reason, ..FAILED }
}
