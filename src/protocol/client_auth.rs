//! Client authentication (RFC 6749 §2.3, OpenID Connect Core 1.0 §9): exactly one method, and the one the
//! client registered.

mod assertion;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use moneta_events::{
    ClientId, Digest, Reason, Timestamp,
    client::{ClientAuthMethod, ClientMetadata, ClientSecret},
};
use subtle::{Choice, ConstantTimeEq};
use zeroize::Zeroizing;

use super::{
    client::ClientFacts,
    error::{ErrorCode, OAuthError},
    once::OneTime,
    params::{self, Params},
};
use crate::jose;

pub use assertion::{Assertions, JWT_BEARER};

/// What a request brings to show which client sent it. Nothing of it is verified.
pub struct Presented {
    client_id: String,
    credentials: Credentials,
}

enum Credentials {
    Nothing,
    InHeader(Zeroizing<String>),
    InForm(Zeroizing<String>),
    Assertion(String),
}

impl Presented {
    /// The client to look up.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Whether an assertion was presented for a client that authenticates with one, so that its keys are
    /// worth having.
    pub fn may_be_of(&self, client: &ClientMetadata) -> bool {
        matches!(self.credentials, Credentials::Assertion(_))
            && client.token_endpoint_auth_method == ClientAuthMethod::PrivateKeyJwt
    }

    /// How the client wants to authenticate.
    pub const fn method(&self) -> ClientAuthMethod {
        match self.credentials {
            Credentials::Nothing => ClientAuthMethod::None,
            Credentials::InHeader(_) => ClientAuthMethod::ClientSecretBasic,
            Credentials::InForm(_) => ClientAuthMethod::ClientSecretPost,
            Credentials::Assertion(_) => ClientAuthMethod::PrivateKeyJwt,
        }
    }
}

/// Secrets and assertions are left out.
impl fmt::Debug for Presented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presented({}, {})", self.client_id, self.method().as_str())
    }
}

/// Proof that the request came from this client: only [`Verified::admit`] makes it. For a public client it
/// proves that the client exists, is served and has nothing to authenticate with.
#[derive(Debug, Clone, Copy)]
pub struct AuthenticatedClient<'a>(ClientFacts<'a>);

impl<'a> AuthenticatedClient<'a> {
    /// Its identifier.
    pub fn id(&self) -> &'a ClientId {
        &self.0.metadata.client_id
    }

    /// Its registration.
    pub fn metadata(&self) -> &'a ClientMetadata {
        self.0.metadata
    }

    /// All that is known of it.
    pub const fn facts(&self) -> &ClientFacts<'a> {
        &self.0
    }

    /// Revision of its stream that the registration is from.
    pub fn revision(&self) -> u64 {
        self.0.revision
    }
}

/// Reads the credentials of a request from its `Authorization` header and its form. Query parameters
/// never get here (RFC 6749 §2.3.1).
pub fn read(authorization: Option<&str>, form: &Params<'_>) -> Result<Presented, OAuthError> {
    let (named, secret) = (form.get("client_id"), form.get("client_secret"));
    let (assertion, kind) = (form.get("client_assertion"), form.get("client_assertion_type"));
    if assertion.or(kind).is_some() {
        // Beside anything else it may be a decoy, and no other kind is known.
        return match assertion {
            Some(assertion) if kind == Some(JWT_BEARER) && authorization.or(secret).is_none() => {
                read_assertion(assertion, named)
            }
            _ => Err(FAILED),
        };
    }
    let Some(authorization) = authorization else {
        return Ok(Presented {
            client_id: named.ok_or(FAILED)?.to_owned(),
            credentials: match secret {
                Some(secret) => Credentials::InForm(Zeroizing::new(secret.to_owned())),
                None => Credentials::Nothing,
            },
        });
    };
    if secret.is_some() {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::ClientAuthenticationFailed,
                "the client authenticates in more than one way",
            )
        });
    }
    let (client_id, secret) = basic(authorization).ok_or(FAILED)?;
    if named.is_some_and(|named| named != client_id) {
        return Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::ClientAuthenticationFailed,
                "the client_id is not that of the client that authenticates",
            )
        });
    }
    Ok(Presented { client_id, credentials: Credentials::InHeader(secret) })
}

/// The assertion says whose it is; `client_id` may say it again (RFC 7521 §4.2).
fn read_assertion(assertion: &str, named: Option<&str>) -> Result<Presented, OAuthError> {
    let malformed = OAuthError { reason: Reason::ClientAssertionMalformed, ..FAILED };
    let client_id = jose::claimed_subject(assertion).ok_or(malformed)?;
    if named.is_some_and(|named| named != client_id) {
        return Err(OAuthError { reason: Reason::ClientAssertionInvalid, ..FAILED });
    }
    Ok(Presented { client_id, credentials: Credentials::Assertion(assertion.to_owned()) })
}

/// Reads `Basic base64(form(client_id) ":" form(client_secret))` (RFC 7617 §2, RFC 6749 §2.3.1). Base64
/// must be canonical, so that one secret has one spelling.
fn basic(authorization: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, token) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(token.trim_start_matches(' ')).ok()?);
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let read = |part| params::decode(part).ok().filter(|text| !text.contains(char::is_control));
    let client_id = read(&decoded[..colon])?.into_owned();
    let secret = Zeroizing::new(read(&decoded[colon + 1..])?.into_owned());
    Some((client_id, secret))
}

/// Verifies credentials against the client they name. Whether there is no such client, the secret is
/// wrong, the method is another than the registered one, or the client is disabled: the answer and the
/// work are the same, and only the reason on record differs.
pub fn authenticate<'a>(
    presented: &Presented,
    client: Option<&ClientFacts<'a>>,
    assertions: &Assertions<'_>,
    now: Timestamp,
) -> Result<Verified<'a>, OAuthError> {
    let secrets = client.map_or(&NOBODY[..], |client| client.secrets);
    let secret_is_right = match &presented.credentials {
        Credentials::InHeader(secret) | Credentials::InForm(secret) => {
            is_secret(secret, secrets, now)
        }
        Credentials::Nothing | Credentials::Assertion(_) => false,
    };
    let Some(client) = client.filter(|c| c.metadata.client_id.as_str() == presented.client_id)
    else {
        return Err(OAuthError { reason: Reason::ClientUnknown, ..FAILED });
    };
    if client.metadata.token_endpoint_auth_method != presented.method() {
        return Err(FAILED);
    }
    let once = match &presented.credentials {
        Credentials::Nothing => None,
        Credentials::InHeader(_) | Credentials::InForm(_) if secret_is_right => None,
        Credentials::InHeader(_) | Credentials::InForm(_) => return Err(FAILED),
        Credentials::Assertion(assertion) => {
            Some(assertion::check(assertion, client.metadata, assertions, now)?)
        }
    };
    if !client.enabled {
        return Err(OAuthError { reason: Reason::ClientDisabled, ..FAILED });
    }
    Ok(Verified { client: AuthenticatedClient(*client), once })
}

/// Credentials that are right. What is left to find out is whether they were used before.
#[derive(Debug)]
pub struct Verified<'a> {
    client: AuthenticatedClient<'a>,
    once: Option<OneTime>,
}

impl<'a> Verified<'a> {
    /// What has to be reserved, where the credentials may be used once.
    pub const fn once(&self) -> Option<&OneTime> {
        self.once.as_ref()
    }

    /// The client, once it is known whether that could be reserved.
    pub fn admit(self, reserved: bool) -> Result<AuthenticatedClient<'a>, OAuthError> {
        if self.once.is_some() && !reserved {
            return Err(OAuthError { reason: Reason::ClientAssertionReplayed, ..FAILED });
        }
        Ok(self.client)
    }
}

/// Whether `presented` is one of the secrets that have not expired. Digests are compared, in constant
/// time and all of them, so time tells neither how much of a secret was right nor which one it was.
fn is_secret(presented: &str, secrets: &[ClientSecret], now: Timestamp) -> bool {
    let Digest(digest) = Digest::of(&[presented.as_bytes()]);
    let found = secrets.iter().fold(Choice::from(0), |found, secret| {
        let live = secret.expires_at.is_none_or(|expires_at| now < expires_at);
        found | (digest.ct_eq(&secret.digest.0) & Choice::from(u8::from(live)))
    });
    found.into()
}

/// Stands in for the secrets of a client there is not, so that looking for one takes as long.
const NOBODY: [ClientSecret; 1] = [ClientSecret { digest: Digest::ZERO, expires_at: None }];

/// The value of `WWW-Authenticate` beside every `invalid_client`: RFC 6749 §5.2 demands it where the
/// header was used, RFC 9110 §15.5.2 with every 401.
pub const CHALLENGE: &str = r#"Basic realm="moneta", charset="UTF-8""#;

const FAILED: OAuthError = OAuthError::new(
    ErrorCode::InvalidClient,
    Reason::ClientAuthenticationFailed,
    "client authentication failed",
);

#[cfg(test)]
mod tests {
    use super::*;

    fn read_basic(decoded: &[u8]) -> Option<(String, String)> {
        basic(&format!("Basic {}", STANDARD.encode(decoded)))
            .map(|(client_id, secret)| (client_id, secret.to_string()))
    }

    #[test]
    fn both_parts_are_form_decoded() {
        let expected = ("a:b".to_owned(), "s +%".to_owned());
        assert_eq!(read_basic(b"a%3Ab:s+%2B%25"), Some(expected));
        assert_eq!(read_basic(b"a:b:c"), Some(("a".to_owned(), "b:c".to_owned())));
    }

    #[test]
    fn only_canonical_base64_is_read() {
        assert!(basic("bAsIc YTpi").is_some());
        assert!(basic("Basic  YTpi").is_some());
        for header in [
            "Basic",
            "Basic ",
            "Bearer YTpi",
            "Basic YTpi ",
            "Basic YTp=", // no such length
            "Basic YTo",  // no padding
            "Basic YTp=YTp=",
            "Basic YTpiY",
            "Basic YTr=",
            "Basic YTo-",
            "Basic YWI=", // no colon
            "BasicYTpi",
        ] {
            assert!(basic(header).is_none(), "{header}");
        }
        // `YQ==` and `YR==` both end in the byte of `a`: only the first is canonical.
        assert!(basic("Basic OmE=").is_some());
        assert!(basic("Basic OmF=").is_none());
    }

    #[test]
    fn a_secret_is_not_shown() {
        let form = Params::read(b"client_id=web&client_secret=hush").unwrap();
        assert_eq!(
            format!("{:?}", read(None, &form).unwrap()),
            "Presented(web, client_secret_post)"
        );
    }
}
