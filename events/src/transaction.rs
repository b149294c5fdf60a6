//! One browser authorization: requested, authenticated, consented, code issued, exchanged; then its
//! token family.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Digest, Outcome, Reason, Scope, Sealed, StreamId, SubjectId, Timestamp,
    factor::Factor,
    payload::{events, succeeds},
    token::TokenEvent,
};

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
        + Token(TokenEvent);
    }
}

/// The request, as it was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Requested {
    /// Who asks.
    pub client_id: ClientId,
    /// Revision of the client's stream the request was checked against.
    pub client_revision: u64,
    /// Where the answer goes: byte for byte a registered one.
    pub redirect_uri: String,
    /// Words in canonical order (OAuth 2.0 Multiple Response Types §3).
    pub response_type: String,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for.
    pub scope: Scope,
    /// The resource servers the tokens will be for.
    pub audience: Vec<String>,
    /// The client's `state`.
    pub state: Option<Sealed>,
    /// The client's `nonce`.
    pub nonce: Option<String>,
    /// The `prompt` values.
    pub prompt: Vec<Prompt>,
    /// Seconds an authentication may be old.
    pub max_age: Option<u32>,
    /// Wanted authentication contexts, best first.
    pub acr_values: Vec<String>,
    /// The `login_hint`.
    pub login_hint: Option<Sealed>,
    /// Whom the `id_token_hint` named.
    pub hinted_subject: Option<SubjectId>,
    /// Wanted languages of the pages, best first.
    pub ui_locales: Vec<String>,
    /// Wanted languages of the claims, best first.
    pub claims_locales: Vec<String>,
    /// Wanted kind of page.
    pub display: Option<String>,
    /// The PKCE challenge (RFC 7636 §4.3).
    pub code_challenge: Option<CodeChallenge>,
    /// Digest of the secret that binds the transaction to one browser.
    pub browser: Option<Digest>,
    /// From then on nobody can finish it.
    pub expires_at: Timestamp,
}

/// How the authorization response travels (OAuth 2.0 Multiple Response Types §2.1, Form Post §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// In a form that the browser posts to it.
    FormPost,
}

/// `prompt` (OpenID Connect Core 1.0 §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Show no page.
    None,
    /// Authenticate anew.
    Login,
    /// Ask for consent anew.
    Consent,
    /// Let the end-user choose an account.
    SelectAccount,
}

/// A PKCE challenge (RFC 7636 §4.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct CodeChallenge {
    /// `code_challenge`.
    pub value: String,
    /// `code_challenge_method`.
    pub method: CodeChallengeMethod,
}

/// `code_challenge_method` (RFC 7636 §4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum CodeChallengeMethod {
    /// The base64url SHA-256 of the verifier.
    S256,
    /// The verifier itself.
    #[serde(rename = "plain")]
    Plain,
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

succeeds!(Requested, FactorVerified, Authenticated, Consented, CodeIssued, CodeExchanged);

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
