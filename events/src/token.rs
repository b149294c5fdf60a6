//! The token phase that every grant shares: issued, rotated, replayed, revoked.

use serde::{Deserialize, Serialize};

use crate::{
    Digest, Outcome, Reason, Scope, Timestamp,
    payload::{events, succeeds},
};

events! {
    /// What happened to the tokens of one grant. They are one family: generation 0 is bought by the
    /// grant itself, each refresh starts the next.
    TokenEvent {
        /// The grant's first tokens were issued.
        Issued(Issued) = "token.issued", 1;
        /// A refresh token was used and replaced by the next generation (RFC 6749 §6).
        Rotated(Issued) = "token.rotated", 1;
        /// A refresh was refused.
        RefreshRefused(RefreshRefused) = "token.refresh_refused", 1;
        /// A refresh token that had been used before came back; the family is revoked with it (RFC 9700 §4.14.2).
        Replayed(Replayed) = "token.replayed", 1;
        /// One access token was revoked (RFC 7009).
        AccessTokenRevoked(AccessTokenRevoked) = "token.access_token_revoked", 1;
        /// All tokens of the grant were revoked.
        Revoked(Revoked) = "token.revoked", 1;
    }
}

/// The tokens of one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Issued {
    /// 0 for the grant itself, then one more for each refresh.
    pub generation: u32,
    /// The access token.
    pub access_token: AccessToken,
    /// The refresh token, where there is one.
    pub refresh_token: Option<RefreshToken>,
    /// The ID Token, where there is one.
    pub id_token: Option<IdToken>,
}

/// What is on record of an access token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessToken {
    /// Of the handle, or of the `jti` of a JWT access token.
    pub digest: Digest,
    /// Its form.
    pub format: AccessTokenFormat,
    /// What it allows.
    pub scope: Scope,
    /// The resource servers it is for (RFC 8707, RFC 9068 §2.2).
    pub audience: Vec<String>,
    /// From then on it is not active.
    pub expires_at: Timestamp,
}

/// The form of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// A handle that only the provider can read.
    #[default]
    Opaque,
    /// A signed JWT (RFC 9068).
    Jwt,
}

/// What is on record of a refresh token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshToken {
    /// Of the handle.
    pub digest: Digest,
    /// From then on it cannot be used.
    pub expires_at: Timestamp,
}

/// What is on record of an ID Token. With the events before it, it says every claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct IdToken {
    /// The key that signs it.
    pub kid: String,
    /// The algorithm it is signed with.
    pub alg: String,
    /// Its `iat`.
    pub issued_at: Timestamp,
    /// Its `exp`.
    pub expires_at: Timestamp,
    /// The names of the claims about the end-user it carries.
    pub claims: Vec<String>,
}

/// Why a refresh was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RefreshRefused {
    /// The rule that refused it.
    pub reason: Reason,
    /// The generation of the token presented.
    pub generation: u32,
}

/// An old refresh token came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replayed {
    /// The generation of the token presented.
    pub generation: u32,
}

/// One access token no longer works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessTokenRevoked {
    /// Which one.
    pub digest: Digest,
}

/// Nothing of this grant works any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Revoked {
    /// What made it so.
    pub cause: RevocationCause,
}

/// What ended a token family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevocationCause {
    /// The client asked for it (RFC 7009).
    Client,
    /// Its code was used twice (RFC 6749 §4.1.2).
    CodeReplayed,
    /// A refresh token was used twice (RFC 9700 §4.14.2).
    RefreshTokenReplayed,
    /// Somebody who runs the provider did it.
    Operator,
    /// The end-user withdrew it.
    User,
}

succeeds!(Issued, AccessTokenRevoked, Revoked);

impl RefreshRefused {
    /// Refused, for the reason on record.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(self.reason)
    }
}

impl Replayed {
    /// Refused.
    #[allow(clippy::unused_self, reason = "called alike on every data type by `events!`")]
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(Reason::RefreshTokenReplayed)
    }
}
