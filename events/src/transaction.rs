//! One browser authorization: requested, authenticated, consented, answered with a code, with tokens or
//! with nothing; the code exchanged; then its token family.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Digest, Outcome, Reason, Scope, Sealed, StreamId, SubjectId, Timestamp,
    factor::Factor,
    payload::{events, succeeds},
    token::{AccessToken, IdToken, TokenEvent},
};

mod request;

pub use request::{CodeChallenge, CodeChallengeMethod, Prompt, Requested, ResponseMode};

events! {
    /// What happened in one authorization transaction, in order.
    TransactionEvent {
        /// An authorization request passed every check (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.2).
        Requested(Arc<Requested>) = "transaction.requested", 1, personal ("state", "login_hint");
        /// A sign-in attempt failed; the end-user may try again.
        AuthenticationFailed(AuthenticationFailed) = "transaction.authentication_failed", 1, personal ("username");
        /// One factor was right; another is asked for before the end-user is signed in.
        FactorVerified(FactorVerified) = "transaction.factor_verified", 1;
        /// The end-user proved who they are, now or earlier in the session that was used.
        Authenticated(Arc<Authenticated>) = "transaction.authenticated", 2, personal ("transaction_key");
        /// The end-user allowed the scope, now or earlier.
        Consented(Consented) = "transaction.consented", 1;
        /// The end-user said no.
        Denied(Denied) = "transaction.denied", 1;
        /// The provider refused the request and told the client so.
        Refused(Refused) = "transaction.refused", 1;
        /// Nobody finished it in time.
        Expired(Expired) = "transaction.expired", 1;
        /// A code was sent to the client (RFC 6749 §4.1.2).
        CodeIssued(CodeIssued) = "transaction.code_issued", 1;
        /// A redemption of the code was refused; the code may still be good (RFC 6749 §5.2).
        CodeRefused(CodeRefused) = "transaction.code_refused", 1;
        /// The one successful redemption of the code (RFC 6749 §4.1.3).
        CodeExchanged(CodeExchanged) = "transaction.code_exchanged", 1;
        /// A used code came back; what it bought is revoked with it (RFC 6749 §4.1.2).
        CodeReplayed(CodeReplayed) = "transaction.code_replayed", 1;
        /// Tokens left the authorization endpoint (RFC 6749 §4.2.2, OpenID Connect Core 1.0 §3.2.2.5, §3.3.2.5).
        FrontChannelIssued(FrontChannelIssued) = "transaction.front_channel_issued", 1;
        /// The client was told that it is allowed, and nothing more (OAuth 2.0 Multiple Response Types §4).
        Answered(Answered) = "transaction.answered", 1;
        + Token(TokenEvent);
    }
}

/// A failed attempt to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuthenticationFailed {
    /// What failed.
    pub reason: Reason,
    /// From 1, counted in this transaction.
    pub attempt: u32,
    /// What was typed as username.
    pub username: Option<Sealed>,
}

/// The first of two steps of signing in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FactorVerified {
    /// Whose factor it is.
    pub subject: SubjectId,
    /// Which one.
    pub factor: Factor,
    /// What it proves (RFC 8176).
    pub amr: Vec<String>,
    /// When it was right.
    pub verified_at: Timestamp,
}

/// Who it is and how that is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Authenticated {
    /// The end-user.
    pub subject: SubjectId,
    /// The session that was started or used.
    pub session: StreamId,
    /// `auth_time`: when the end-user authenticated (OpenID Connect Core 1.0 §2).
    pub auth_time: Timestamp,
    /// `acr`: the authentication context reached.
    pub acr: String,
    /// `amr`: the methods used (RFC 8176).
    pub amr: Vec<String>,
    /// Whether it happened now or in the session before.
    pub method: AuthenticationMethod,
    /// The transaction's data key, now under the subject's.
    pub transaction_key: Option<Sealed>,
}

/// Now or earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationMethod {
    /// With a password, in this transaction; `amr` says whether with a second factor.
    Password,
    /// With a passkey and without a password, in this transaction.
    Passkey,
    /// By a live session.
    Session,
}

/// What the end-user allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Consented {
    /// The scope, possibly narrower than requested.
    pub scope: Scope,
    /// How we know.
    pub basis: ConsentBasis,
    /// What the page showed, where one was shown.
    pub shown: Option<ShownConsent>,
}

/// Why consent is taken as given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentBasis {
    /// The end-user was asked on a page.
    Asked,
    /// The end-user had allowed it before.
    Remembered,
    /// The client is configured as one that need not ask.
    Configured,
}

/// What stood on the consent page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownConsent {
    /// The client's name.
    pub client_name: String,
    /// The scope tokens, each with the sentence that was shown for it.
    pub scopes: Vec<ShownScope>,
    /// The page's language.
    pub locale: String,
}

/// A line of the consent page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ShownScope {
    /// The scope token.
    pub scope: String,
    /// Its sentence.
    pub text: String,
}

/// Where the end-user said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Denied {
    /// `cancelled_login` or `denied_consent`.
    pub reason: Reason,
}

/// What the client was told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Refused {
    /// Who asked.
    pub client_id: ClientId,
    /// Where the answer went.
    pub redirect_uri: String,
    /// The registered error code.
    pub error: String,
    /// The rule that refused it.
    pub reason: Reason,
}

/// It was left lying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Expired {
    /// The phase it was left in.
    pub phase: ExpiredPhase,
}

/// Where a transaction was left lying.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExpiredPhase {
    /// Before anybody signed in.
    Login,
    /// Before consent was given.
    Consent,
    /// Before the code was redeemed.
    Code,
}

/// A code is out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeIssued {
    /// Of the code.
    pub code: Digest,
    /// From then on it cannot be redeemed.
    pub expires_at: Timestamp,
}

/// Why a redemption was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeRefused {
    /// The rule that refused it.
    pub reason: Reason,
    /// From 1; at the limit the code is dead.
    pub attempt: u32,
}

/// The code was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeExchanged {
    /// Of the code.
    pub code: Digest,
    /// Whether a PKCE verifier was checked.
    pub pkce: bool,
}

/// The code came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeReplayed {
    /// Of the code.
    pub code: Digest,
}

/// Tokens that went through the browser. They belong to the same family as those that a code beside them
/// buys later. There is never a refresh token among them (RFC 6749 §4.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FrontChannelIssued {
    /// The access token, where one was asked for.
    pub access_token: Option<AccessToken>,
    /// The ID Token, where one was asked for.
    pub id_token: Option<IdToken>,
}

/// Neither a code nor a token was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answered {}

succeeds!(
    Requested,
    FactorVerified,
    Authenticated,
    Consented,
    CodeIssued,
    CodeExchanged,
    FrontChannelIssued,
    Answered
);

macro_rules! refuses {
    ($($data:ty),+) => { $( impl $data {
        /// Refused, for the reason on record.
        pub const fn outcome(&self) -> Outcome { Outcome::refused(self.reason) }
    } )+ };
}
refuses!(AuthenticationFailed, Refused, CodeRefused);

impl Denied {
    /// Denied by a person.
    pub const fn outcome(&self) -> Outcome {
        Outcome::denied(self.reason)
    }
}

impl Expired {
    /// Refused: out of time.
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(match self.phase {
            ExpiredPhase::Code => Reason::CodeExpired,
            ExpiredPhase::Login | ExpiredPhase::Consent => Reason::TransactionExpired,
        })
    }
}

impl CodeReplayed {
    /// Refused.
    #[allow(clippy::unused_self, reason = "called alike on every data type by `events!`")]
    pub const fn outcome(&self) -> Outcome {
        Outcome::refused(Reason::CodeReplayed)
    }
}
