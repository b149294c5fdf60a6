//! What an authorization request asks for.

use serde::{Deserialize, Serialize};

use crate::{ClientId, Digest, Scope, Sealed, SubjectId, Timestamp};

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
