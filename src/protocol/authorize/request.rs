//! What an accepted request is, and what a refused one is answered with.

use moneta_events::{
    ClientId, Digest, Reason, Scope, Sealed, SubjectId, Timestamp,
    transaction::{CodeChallenge, Prompt, Requested, ResponseMode},
};

use super::response_type::ResponseType;
use crate::protocol::{
    client::ClientFacts,
    error::OAuthError,
    params::{self, Params, Unreadable},
};

/// An authorization request that passed every check, in clear text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: ClientId,
    /// Revision of the client's stream it was checked against.
    pub client_revision: u64,
    /// Where the answer goes, as it was presented.
    pub redirect_uri: String,
    /// What the answer brings.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for and may be.
    pub scope: Scope,
    /// The resource servers the tokens will be for.
    pub audience: Vec<String>,
    /// `state`; to be sealed before it is recorded.
    pub state: Option<String>,
    /// `nonce`.
    pub nonce: Option<String>,
    /// `prompt`.
    pub prompt: Vec<Prompt>,
    /// `max_age`, or the client's default.
    pub max_age: Option<u32>,
    /// `acr_values`, or the client's default, as far as they exist here.
    pub acr_values: Vec<String>,
    /// `login_hint`; to be sealed before it is recorded.
    pub login_hint: Option<String>,
    /// Whom the `id_token_hint` names.
    pub hinted_subject: Option<SubjectId>,
    /// `ui_locales`.
    pub ui_locales: Vec<String>,
    /// `claims_locales`.
    pub claims_locales: Vec<String>,
    /// `display`.
    pub display: Option<String>,
    /// `code_challenge` and its method.
    pub code_challenge: Option<CodeChallenge>,
}

impl AuthorizationRequest {
    /// A request of which only client and redirect URI are known to be good.
    pub(super) fn of(client: &ClientFacts<'_>, redirect_uri: String) -> Self {
        Self {
            client_id: client.metadata.client_id.clone(),
            client_revision: client.revision,
            redirect_uri,
            response_type: ResponseType::CODE,
            response_mode: ResponseMode::Query,
            scope: Scope::default(),
            audience: Vec::new(),
            state: None,
            nonce: None,
            prompt: Vec::new(),
            max_age: None,
            acr_values: Vec::new(),
            login_hint: None,
            hinted_subject: None,
            ui_locales: Vec::new(),
            claims_locales: Vec::new(),
            display: None,
            code_challenge: None,
        }
    }

    /// Where the answer goes.
    pub fn target(&self) -> ResponseTarget {
        ResponseTarget {
            redirect_uri: self.redirect_uri.clone(),
            response_mode: self.response_mode,
            state: self.state.clone(),
        }
    }

    /// The event that records it, its personal fields sealed by the caller.
    pub fn into_event(
        self,
        state: Option<Sealed>,
        login_hint: Option<Sealed>,
        browser: Option<Digest>,
        expires_at: Timestamp,
    ) -> Requested {
        Requested {
            client_id: self.client_id,
            client_revision: self.client_revision,
            redirect_uri: self.redirect_uri,
            response_type: self.response_type.to_string(),
            response_mode: self.response_mode,
            scope: self.scope,
            audience: self.audience,
            state,
            nonce: self.nonce,
            prompt: self.prompt,
            max_age: self.max_age,
            acr_values: self.acr_values,
            login_hint,
            hinted_subject: self.hinted_subject,
            ui_locales: self.ui_locales,
            claims_locales: self.claims_locales,
            display: self.display,
            code_challenge: self.code_challenge,
            browser,
            expires_at,
        }
    }
}

/// Where an authorization response goes and how. Only made once client and redirect URI are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseTarget {
    /// A registered redirect URI.
    pub redirect_uri: String,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// The `state` to send back unaltered.
    pub state: Option<String>,
}

/// Why nothing may be sent to any redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) reason: Reason,
    pub(super) description: &'static str,
}

impl Refusal {
    /// `name` is missing, which `description` says, or is there more than once.
    pub(super) fn absent(params: &Params<'_>, name: &str, description: &'static str) -> Self {
        if params.is_repeated(name) {
            Self { reason: Reason::ParameterRepeated, description: params::repeated(name) }
        } else {
            Self { reason: Reason::ParameterMissing, description }
        }
    }
}

/// How a refused authorization request is answered (RFC 6749 §4.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthorizeError {
    /// With a page for the end-user: client or redirect URI is not good, so the browser must not be sent
    /// anywhere.
    #[error("{description}")]
    Page {
        /// The rule that refused.
        reason: Reason,
        /// A sentence for the page.
        description: &'static str,
    },
    /// At the redirect URI.
    #[error("{error}")]
    Redirect {
        /// Where and how.
        target: ResponseTarget,
        /// With what.
        error: OAuthError,
    },
}

impl From<Refusal> for AuthorizeError {
    fn from(Refusal { reason, description }: Refusal) -> Self {
        Self::Page { reason, description }
    }
}

impl From<Unreadable> for AuthorizeError {
    fn from(cause: Unreadable) -> Self {
        let OAuthError { reason, description, .. } = cause.into();
        Self::Page { reason, description }
    }
}
