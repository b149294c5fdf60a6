//! `login_hint_token`, `id_token_hint`, `login_hint` (CIBA Core 1.0 §7.1): whom the request is about.

use moneta_events::{ClientId, Reason, SubjectId, Timestamp, backchannel::HintKind};

use super::Asked;
use crate::{
    jose::{ClientKeys, Flaw, Purpose, verify},
    protocol::error::{ErrorCode, OAuthError},
};

/// Bytes of a `login_hint`: no username is longer, and no `sub`.
const LONGEST_LOGIN: usize = 512;

/// The one hint of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A username or a `sub`.
    Login(String),
    /// An ID Token that was issued here to the client.
    IdToken(String),
    /// A token that the client signed.
    LoginToken(String),
}

/// Whom a hint names, once it is known to be genuine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// The end-user of that `sub`.
    Subject(SubjectId),
    /// The end-user of that username or `sub`.
    Login(String),
}

/// The hint names nobody here, or nobody who may be asked: which of the two is not told.
pub const UNKNOWN_USER: OAuthError = OAuthError::new(
    ErrorCode::UnknownUserId,
    Reason::HintUnknown,
    "the hint names no end-user who can be asked",
);

/// The `id_token_hint` is not one of ours.
pub const INVALID_ID_TOKEN_HINT: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::IdTokenHintInvalid,
    "the id_token_hint is not an ID Token that was issued here to this client",
);

const INVALID_LOGIN_HINT_TOKEN: OAuthError = OAuthError::new(
    ErrorCode::InvalidRequest,
    Reason::LoginHintTokenInvalid,
    "the login_hint_token is not a JWT of the client that names an end-user",
);

const EXPIRED_LOGIN_HINT_TOKEN: OAuthError = OAuthError::new(
    ErrorCode::ExpiredLoginHintToken,
    Reason::LoginHintTokenExpired,
    "the login_hint_token has expired",
);

impl Hint {
    /// Which hint it is.
    pub const fn kind(&self) -> HintKind {
        match self {
            Self::Login(_) => HintKind::LoginHint,
            Self::IdToken(_) => HintKind::IdTokenHint,
            Self::LoginToken(_) => HintKind::LoginHintToken,
        }
    }
}

/// Exactly one, whatever it says.
pub(super) fn check(asked: &Asked<'_>) -> Result<Hint, OAuthError> {
    let get = |name| asked.params.get(name).map(str::to_owned);
    match (get("login_hint_token"), get("id_token_hint"), get("login_hint")) {
        (Some(token), None, None) => Ok(Hint::LoginToken(token)),
        (None, Some(token), None) => Ok(Hint::IdToken(token)),
        (None, None, Some(login)) if login.len() > LONGEST_LOGIN => Err(UNKNOWN_USER),
        (None, None, Some(login)) => Ok(Hint::Login(login)),
        (None, None, None) => Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::HintCount,
                "one of login_hint_token, id_token_hint and login_hint is needed",
            )
        }),
        _ => Err(const {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                Reason::HintCount,
                "only one of login_hint_token, id_token_hint and login_hint may be there",
            )
        }),
    }
}

/// Verifies a `login_hint_token`: a JWT that the client signed with a registered key, to this provider,
/// with `exp` and either `sub` or `login_hint` to name the end-user. The specification leaves its form to
/// those who use it.
pub fn login_hint_token(
    token: &str,
    client_id: &ClientId,
    keys: &ClientKeys,
    issuer: &str,
    now: Timestamp,
) -> Result<Named, OAuthError> {
    let purpose = Purpose::login_hint_token(client_id.as_str(), issuer);
    let claims =
        verify(token, &purpose, keys, now).map_err(|rejection| match rejection.flaw() {
            Flaw::Expired => EXPIRED_LOGIN_HINT_TOKEN,
            Flaw::Form | Flaw::Signature | Flaw::Claims => INVALID_LOGIN_HINT_TOKEN,
        })?;
    match (claims.subject(), claims.text("login_hint")) {
        ("", Some(login)) if (1..=LONGEST_LOGIN).contains(&login.len()) => {
            Ok(Named::Login(login.to_owned()))
        }
        // A client assertion is signed with the same keys and names the client itself.
        (subject, None) if !subject.is_empty() && subject != client_id.as_str() => {
            subject.parse().map(Named::Subject).map_err(|_| UNKNOWN_USER)
        }
        _ => Err(INVALID_LOGIN_HINT_TOKEN),
    }
}
