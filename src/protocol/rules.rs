//! What this provider allows. Built once, from the configuration; checks and metadata read the same
//! values, so they cannot disagree.

use moneta_events::{
    Scope,
    client::{ClientAuthMethod, GrantType, TokenDeliveryMode},
    transaction::{CodeChallengeMethod, ResponseMode},
};

use super::{authorize::response_type::ResponseType, claims};

/// What the provider allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The issuer identifier, without a trailing slash.
    pub issuer: String,
    /// The scope tokens there are.
    pub scopes: Vec<ScopeRule>,
    /// The authentication contexts there are, weakest first.
    pub acr: Vec<AcrRule>,
    /// The response types that work.
    pub response_types: Vec<ResponseType>,
    /// The response modes that work.
    pub response_modes: Vec<ResponseMode>,
    /// The grants that work.
    pub grant_types: Vec<GrantType>,
    /// The ways in which clients authenticate.
    pub client_auth_methods: Vec<ClientAuthMethod>,
    /// The PKCE methods that work; a client may use those of them that it registered.
    pub code_challenge_methods: Vec<CodeChallengeMethod>,
    /// The algorithms ID Tokens are signed with.
    pub id_token_signing_algs: Vec<String>,
    /// The languages of the pages (RFC 5646), best first.
    pub ui_locales: Vec<String>,
    /// Seconds.
    pub lifetimes: Lifetimes,
    /// Wrong redemptions after which a code is dead.
    pub code_attempts: u32,
    /// For devices without a browser.
    pub device: DeviceRules,
    /// For requests that are decided on a device apart.
    pub backchannel: BackchannelRules,
}

/// What holds for device authorization requests (RFC 8628).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRules {
    /// Seconds a request is good for.
    pub lifetime: u32,
    /// Seconds a device must leave between two requests for the tokens.
    pub interval: u32,
}

/// What holds for backchannel authentication requests (CIBA Core 1.0).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackchannelRules {
    /// Seconds a request is good for where it does not say.
    pub lifetime: u32,
    /// Seconds a request can ask to be good for.
    pub longest_lifetime: u32,
    /// Seconds a client must leave between two requests for the tokens.
    pub interval: u32,
    /// The ways in which clients get their tokens.
    pub delivery_modes: Vec<TokenDeliveryMode>,
}

/// A scope token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRule {
    /// The token.
    pub name: String,
    /// The claims it releases, beside those OpenID Connect Core 1.0 §5.4 gives it.
    pub claims: Vec<String>,
}

/// An authentication context class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcrRule {
    /// The `acr` value.
    pub name: String,
    /// The methods (RFC 8176) that together reach it.
    pub amr: Vec<String>,
}

/// How long things live, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// From the authorization request to its answer.
    pub transaction: u32,
    /// A code, from its issue to its redemption.
    pub code: u32,
    /// An access token.
    pub access_token: u32,
    /// A refresh token.
    pub refresh_token: u32,
    /// An ID Token.
    pub id_token: u32,
}

impl Rules {
    /// What is known of a scope token.
    pub fn scope(&self, name: &str) -> Option<&ScopeRule> {
        self.scopes.iter().find(|scope| scope.name == name)
    }

    /// Whether a scope token is about an end-user, so that it means nothing without one.
    pub fn is_about_end_user(&self, name: &str) -> bool {
        matches!(name, OPENID | OFFLINE_ACCESS)
            || !claims::standard(name).is_empty()
            || self.scope(name).is_some_and(|scope| !scope.claims.is_empty())
    }

    /// The tokens of `scope` that exist here.
    pub fn known(&self, scope: &Scope) -> Scope {
        scope.iter().filter(|name| self.scope(name).is_some()).collect()
    }

    /// Where an authentication context stands among those there are, weakest first.
    pub fn acr_rank(&self, name: &str) -> Option<usize> {
        self.acr.iter().position(|acr| acr.name == name)
    }

    /// The strongest authentication context that the methods used reach.
    pub fn acr_reached(&self, amr: &[String]) -> Option<&str> {
        let reached = |acr: &&AcrRule| acr.amr.iter().all(|method| amr.contains(method));
        self.acr.iter().rev().find(reached).map(|acr| acr.name.as_str())
    }
}

/// The scope token that makes a request an OpenID Connect one (OpenID Connect Core 1.0 §3.1.2.1).
pub const OPENID: &str = "openid";
/// The scope token that asks for access while the end-user is away (OpenID Connect Core 1.0 §11).
pub const OFFLINE_ACCESS: &str = "offline_access";
