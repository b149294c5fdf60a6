//! One relying party or resource server: its registration over time.

use serde::{Deserialize, Serialize};

use crate::{
    ClientId, Digest, Scope, Timestamp,
    payload::{events, succeeds},
    token::AccessTokenFormat,
    transaction::{CodeChallengeMethod, ResponseMode},
};

mod weakness;

pub use weakness::{Weakness, WeaknessNoted};

events! {
    /// The life of one client.
    ClientEvent {
        /// A client was registered.
        Registered(Box<Registered>) = "client.registered", 1;
        /// Its metadata was replaced.
        Updated(Box<Updated>) = "client.updated", 1;
        /// It got a new secret.
        SecretRotated(SecretRotated) = "client.secret_rotated", 1;
        /// It is refused everywhere from now on.
        Disabled(Disabled) = "client.disabled", 1;
        /// It is served again.
        Enabled(Enabled) = "client.enabled", 1;
        /// It is gone.
        Deleted(Deleted) = "client.deleted", 1;
        /// Its registration opens something that is discouraged.
        WeaknessNoted(WeaknessNoted) = "client.weakness_noted", 1;
    }
}

/// A new client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Registered {
    /// Its metadata.
    pub metadata: ClientMetadata,
    /// Its secret, where it has one.
    pub secret: Option<ClientSecret>,
}

/// New metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Updated {
    /// All of it.
    pub metadata: ClientMetadata,
    /// The names of the members that changed.
    pub changed: Vec<String>,
}

/// A new secret; the old one works until it expires.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretRotated {
    /// The new one.
    pub secret: ClientSecret,
    /// From then on the ones before it do not work.
    pub old_expire_at: Timestamp,
}

/// No more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Disabled {}

/// Again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Enabled {}

/// Gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Deleted {}

succeeds!(Registered, Updated, SecretRotated, Disabled, Enabled, Deleted, WeaknessNoted);

/// A client secret, of which only the digest is kept. Secrets must be random with at least 128 bits, so
/// a plain SHA-256 cannot be turned back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClientSecret {
    /// SHA-256 of the secret.
    pub digest: Digest,
    /// From then on it does not work; `None` for never.
    pub expires_at: Option<Timestamp>,
}

/// Client metadata in the spelling of its registration (RFC 7591 §2, OpenID Connect Dynamic Client
/// Registration 1.0 §2), and what Moneta adds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientMetadata {
    /// The identifier.
    pub client_id: ClientId,
    /// The name shown to end-users.
    #[serde(default)]
    pub client_name: Option<String>,
    /// Whether it is a web or a native application.
    #[serde(default)]
    pub application_type: ApplicationType,
    /// Where authorization responses may go.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// How it authenticates at the token endpoint.
    #[serde(default)]
    pub token_endpoint_auth_method: ClientAuthMethod,
    /// The grants it may use.
    #[serde(default = "default_grant_types")]
    pub grant_types: Vec<GrantType>,
    /// The response types it may use, words in canonical order.
    #[serde(default = "default_response_types")]
    pub response_types: Vec<String>,
    /// The response modes it may use.
    #[serde(default = "default_response_modes")]
    pub response_modes: Vec<ResponseMode>,
    /// The scope it may ask for.
    #[serde(default = "default_scope")]
    pub scope: Scope,
    /// The challenge methods it may use; `plain` only where it is listed.
    #[serde(default = "default_challenge_methods")]
    pub code_challenge_methods: Vec<CodeChallengeMethod>,
    /// Whether a code request must carry a challenge. Public clients always must.
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// How its ID Tokens are signed.
    #[serde(default = "default_alg")]
    pub id_token_signed_response_alg: String,
    /// The form of its access tokens.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// How JWT access tokens are signed.
    #[serde(default = "default_access_token_alg")]
    pub access_token_signed_response_alg: String,
    /// Seconds an authentication may be old where the request does not say.
    #[serde(default)]
    pub default_max_age: Option<u32>,
    /// Authentication contexts wanted where the request does not say.
    #[serde(default)]
    pub default_acr_values: Vec<String>,
    /// Whether `auth_time` is always in its ID Tokens.
    #[serde(default)]
    pub require_auth_time: bool,
    /// Whether end-users are asked for consent.
    #[serde(default)]
    pub consent: ConsentPolicy,
    /// Its public keys (RFC 7517 §5), where it registered them itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<Jwks>,
    /// Where its public keys are (RFC 7517 §5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// How it signs the assertions it authenticates with (RFC 7523 §3); any asymmetric algorithm where
    /// it does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// How it learns that a backchannel request is decided (CIBA Core 1.0 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_token_delivery_mode: Option<TokenDeliveryMode>,
    /// Where it is told so (CIBA Core 1.0 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_client_notification_endpoint: Option<String>,
    /// How it signs its backchannel requests; `None` where it may send plain parameters (CIBA Core 1.0
    /// §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_authentication_request_signing_alg: Option<String>,
    /// Whether its backchannel requests bring a `user_code` (CIBA Core 1.0 §4).
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel_user_code_parameter: bool,
    /// Origins whose scripts may read the token, userinfo and revocation endpoints (CORS).
    #[serde(default)]
    pub web_origins: Vec<String>,
    /// The resource identifier this client stands for as resource server: it may introspect tokens whose
    /// audience names it (RFC 8707).
    #[serde(default)]
    pub resource: Option<String>,
    /// Its home page.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// Its logo.
    #[serde(default)]
    pub logo_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default)]
    pub policy_uri: Option<String>,
    /// Its terms of service.
    #[serde(default)]
    pub tos_uri: Option<String>,
    /// Whom to ask about it.
    #[serde(default)]
    pub contacts: Vec<String>,
    /// Seconds its access tokens live, where not as configured for all.
    #[serde(default)]
    pub access_token_lifetime: Option<u32>,
    /// Seconds its refresh tokens live, where not as configured for all.
    #[serde(default)]
    pub refresh_token_lifetime: Option<u32>,
}

impl ClientMetadata {
    /// Whether it cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == ClientAuthMethod::None
    }

    /// The name to show: the registered one, or the identifier.
    pub fn display_name(&self) -> &str {
        self.client_name.as_deref().unwrap_or(self.client_id.as_str())
    }
}

/// A JWK Set as it was registered (RFC 7517 §5): public keys only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Jwks(pub serde_json::Map<String, serde_json::Value>);

impl Jwks {
    /// Its `keys`; none where it has no such list.
    pub fn keys(&self) -> &[serde_json::Value] {
        self.0.get("keys").and_then(serde_json::Value::as_array).map_or(&[], Vec::as_slice)
    }
}

/// `backchannel_token_delivery_mode` (CIBA Core 1.0 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenDeliveryMode {
    /// The client asks again and again.
    Poll,
    /// The client is told when to ask.
    Ping,
    /// The client is sent the tokens.
    Push,
}

impl TokenDeliveryMode {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Poll => "poll",
            Self::Ping => "ping",
            Self::Push => "push",
        }
    }
}

/// `application_type` (OpenID Connect Dynamic Client Registration 1.0 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// Runs on a server or in a browser.
    #[default]
    Web,
    /// Is installed on a device.
    Native,
}

/// `token_endpoint_auth_method` (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthMethod {
    /// A public client.
    None,
    /// The secret in the `Authorization` header (RFC 6749 §2.3.1).
    #[default]
    ClientSecretBasic,
    /// The secret in the body.
    ClientSecretPost,
    /// An assertion signed with a private key of the client (RFC 7523 §2.2, OpenID Connect Core 1.0 §9).
    PrivateKeyJwt,
}

impl ClientAuthMethod {
    /// Whether the client proves itself with a secret that it shares with the provider.
    pub const fn uses_secret(self) -> bool {
        matches!(self, Self::ClientSecretBasic | Self::ClientSecretPost)
    }

    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }
}

/// `grant_types` (RFC 7591 §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1.
    AuthorizationCode,
    /// RFC 6749 §6.
    RefreshToken,
    /// RFC 6749 §4.4.
    ClientCredentials,
    /// Tokens straight from the authorization endpoint (RFC 6749 §4.2); discouraged (RFC 9700 §2.1.2).
    Implicit,
    /// RFC 8628 §3.4.
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// CIBA Core 1.0 §10.1.
    #[serde(rename = "urn:openid:params:grant-type:ciba")]
    Ciba,
}

impl GrantType {
    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::Implicit => "implicit",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::Ciba => "urn:openid:params:grant-type:ciba",
        }
    }

    /// Whether an end-user is behind what it gives.
    pub const fn has_end_user(self) -> bool {
        !matches!(self, Self::ClientCredentials)
    }
}

/// Whether end-users are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentPolicy {
    /// Once per scope; remembered if they want it.
    #[default]
    Ask,
    /// Never: the client belongs to the provider's own organisation.
    Skip,
}

fn default_grant_types() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode]
}

fn default_response_types() -> Vec<String> {
    vec!["code".to_owned()]
}

fn default_response_modes() -> Vec<ResponseMode> {
    vec![ResponseMode::Query, ResponseMode::Fragment, ResponseMode::FormPost]
}

fn default_scope() -> Scope {
    Scope::parse("openid")
}

fn default_challenge_methods() -> Vec<CodeChallengeMethod> {
    vec![CodeChallengeMethod::S256]
}

fn default_alg() -> String {
    "RS256".to_owned()
}

fn default_access_token_alg() -> String {
    "ES256".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

const fn yes() -> bool {
    true
}
