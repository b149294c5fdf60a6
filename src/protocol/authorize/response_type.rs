//! `response_type` (RFC 6749 §3.1.1, OAuth 2.0 Multiple Response Type Encoding Practices §3 and §5).

use std::fmt;

use moneta_events::{
    Reason,
    client::{ClientMetadata, GrantType},
};

use super::Asked;
use crate::protocol::error::{ErrorCode, OAuthError};

/// What the authorization endpoint hands out: a set, so the order of its words does not matter. Nothing of
/// it is `none` (OAuth 2.0 Multiple Response Type Encoding Practices §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An ID Token.
    pub id_token: bool,
    /// An access token.
    pub token: bool,
}

impl ResponseType {
    /// The authorization code flow.
    pub const CODE: Self = Self { code: true, id_token: false, token: false };

    /// Neither code nor token.
    pub const NONE: Self = Self { code: false, id_token: false, token: false };

    /// The response types there are, as the registry spells them (OAuth 2.0 Multiple Response Type Encoding
    /// Practices §6).
    pub const ALL: [Self; 8] = [
        Self::CODE,
        Self { id_token: true, ..Self::NONE },
        Self { id_token: true, token: true, ..Self::NONE },
        Self { id_token: true, ..Self::CODE },
        Self { token: true, ..Self::CODE },
        Self { id_token: true, token: true, ..Self::CODE },
        Self { token: true, ..Self::NONE },
        Self::NONE,
    ];

    /// Reads the words in any order; `None` where one is unknown or there twice, or `none` beside another.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "none" {
            return Some(Self::NONE);
        }
        let mut read = Self::NONE;
        for word in text.split(' ') {
            let flag = match word {
                "code" => &mut read.code,
                "id_token" => &mut read.id_token,
                "token" => &mut read.token,
                _ => return None,
            };
            if std::mem::replace(flag, true) {
                return None;
            }
        }
        Some(read)
    }

    /// Whether a token leaves the authorization endpoint, so that the query must not carry the answer
    /// (OAuth 2.0 Multiple Response Type Encoding Practices §5).
    pub const fn is_front_channel(self) -> bool {
        self.id_token || self.token
    }

    /// Whether the claims that the scope releases are in the ID Token: no access token will ever get them
    /// from the UserInfo endpoint (OpenID Connect Core 1.0 §5.4).
    pub const fn has_claims_in_id_token(self) -> bool {
        self.id_token && !self.token && !self.code
    }

    /// Whether a client registered it; the words there may stand in any order, too. What leaves by the front
    /// channel needs the grant `implicit` as well, which is for each client to be given (RFC 7591 §2.1).
    fn is_registered(self, client: &ClientMetadata) -> bool {
        let has = |grant| client.grant_types.contains(&grant);
        client.response_types.iter().any(|own| Self::parse(own) == Some(self))
            && (!self.code || has(GrantType::AuthorizationCode))
            && (!self.is_front_channel() || has(GrantType::Implicit))
    }
}

/// The words in the order of the registry.
impl fmt::Display for ResponseType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("none");
        }
        let words = [(self.code, "code"), (self.id_token, "id_token"), (self.token, "token")];
        let mut gap = "";
        for (_, word) in words.into_iter().filter(|(present, _)| *present) {
            write!(f, "{gap}{word}")?;
            gap = " ";
        }
        Ok(())
    }
}

/// Must be there, work here, and be registered.
pub(super) fn check(asked: &Asked<'_>) -> Result<ResponseType, OAuthError> {
    let text = asked
        .params
        .get("response_type")
        .ok_or(const { OAuthError::missing("the parameter response_type is missing") })?;
    let known = ResponseType::parse(text).filter(|it| asked.rules.response_types.contains(it));
    let response_type = known.ok_or(
        const {
            OAuthError::new(
                ErrorCode::UnsupportedResponseType,
                Reason::ResponseTypeUnsupported,
                "this provider does not have this response_type",
            )
        },
    )?;
    if !response_type.is_registered(asked.client.metadata) {
        return Err(const {
            OAuthError::new(
                ErrorCode::UnauthorizedClient,
                Reason::GrantNotRegistered,
                "the client did not register this response_type",
            )
        });
    }
    Ok(response_type)
}
