//! What the program uses: every setting typed, checked and final. All times are whole seconds.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use moneta_events::client::ClientMetadata;
use serde::{Serialize, Serializer};
use url::Host;

use super::secret::Secret;

/// All settings of one node.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The issuer identifier (OpenID Connect Discovery 1.0 §3), an origin without a trailing slash.
    pub issuer: String,
    /// How the server listens.
    pub server: Server,
    /// The directory that holds the event log, the vault and the read models.
    pub data: PathBuf,
    /// The name of this node in events.
    pub node: String,
    /// How long things live.
    pub lifetimes: Lifetimes,
    /// How much of everything is allowed.
    pub limits: Limits,
    /// Requests of devices without a browser (RFC 8628).
    pub device: Device,
    /// Requests that end-users decide on a device apart (CIBA Core 1.0).
    pub backchannel: Backchannel,
    /// The scopes that clients may be registered for, in the order consent pages show them.
    pub scopes: Vec<ScopeDefinition>,
    /// The authentication contexts, weakest first.
    pub acr: Vec<AcrLevel>,
    /// The resource servers that scopes lead to.
    pub resources: Vec<ResourceDefinition>,
    /// Calls to the servers of others.
    pub outbound: Outbound,
    /// Signing keys and the key that wraps them.
    pub keys: Keys,
    /// The cost of hashing passwords.
    pub passwords: Passwords,
    /// How the pages present the provider.
    pub brand: Brand,
    /// The declared clients, and the playground's own where there is one.
    pub clients: Vec<ClientDeclaration>,
    /// The declared end-users.
    pub users: Vec<UserDeclaration>,
    /// Whether the playground is served.
    pub playground: bool,
    /// Whether the built-in demo is part of it, with passwords and secrets that everybody knows.
    pub demo: bool,
    /// Digest of [`Settings::recorded`]: 64 bits of SHA-256 in base64url, 11 characters.
    pub version: Arc<str>,
    /// Every setting as it goes on record, without secrets and without what is personal of end-users.
    pub recorded: serde_json::Value,
}

/// How the server listens.
#[derive(Debug, Clone, Serialize)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// Threads that serve requests.
    pub workers: usize,
    /// Proxies whose word on the client's address counts.
    pub trusted_proxies: Vec<IpAddr>,
    /// Whether operators' commands reach the running server by a socket in the data directory.
    pub admin_socket: bool,
    /// Open connections, all workers together.
    pub max_connections: usize,
}

/// How long things live, in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Lifetimes {
    /// From the authorization request to the code.
    pub transaction: u32,
    /// An authorization code (RFC 6749 §4.1.2).
    pub code: u32,
    /// An access token, where its client says nothing else.
    pub access_token: u32,
    /// A refresh token, where its client says nothing else.
    pub refresh_token: u32,
    /// An ID Token.
    pub id_token: u32,
    /// A browser session at the provider.
    pub session: u32,
    /// A signing key stays published after the next one has taken over.
    pub keys_overlap: u32,
}

/// How much of everything is allowed. A rate of 0 is no limit.
#[derive(Debug, Clone, Serialize)]
pub struct Limits {
    /// Authorization transactions that are open at once on this node.
    pub live_transactions: usize,
    /// Pages of the device inbox that are told of every change.
    pub live_inboxes: usize,
    /// Orders that wait in one shard.
    pub orders_per_shard: usize,
    /// Orders that wait for one stream.
    pub orders_per_stream: usize,
    /// Wrong redemptions after which a code is dead.
    pub code_attempts: u32,
    /// Failed sign-ins of one username from one address in [`Limits::login_window`].
    pub login_attempts: u32,
    /// Seconds over which failed sign-ins count.
    pub login_window: u32,
    /// Passwords hashed at once.
    pub password_hashes: usize,
    /// Authorization requests of one address in a minute.
    pub authorize_per_address: u32,
    /// Wrong passwords and unknown tokens of one address in a minute.
    pub failures_per_address: u32,
    /// Device authorization requests of one client in [`Device::lifetime`].
    pub device_requests_per_client: u32,
    /// Wrong user codes of everybody in a minute.
    pub wrong_user_codes: u32,
    /// Backchannel requests of one client in a minute.
    pub backchannel_per_client: u32,
    /// Backchannel requests that wait for one end-user at once.
    pub open_requests: u32,
    /// The same of one client.
    pub open_requests_per_client: u32,
    /// Requests of one client that one end-user denies in [`Limits::denial_window`] before it has to wait.
    pub denials: u32,
    /// Seconds over which denials count.
    pub denial_window: u32,
    /// Seconds that a client has to leave an end-user alone who reported it.
    pub report_window: u32,
    /// Token requests that wait for a decision at once.
    pub long_polls: usize,
}

/// Requests of devices without a browser. All times are in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Device {
    /// A request is good for.
    pub lifetime: u32,
    /// Between two requests for the tokens.
    pub interval: u32,
}

/// Requests that end-users decide on a device apart. All times are in seconds.
#[derive(Debug, Clone, Serialize)]
pub struct Backchannel {
    /// A request is good for, where it does not say.
    pub lifetime: u32,
    /// A request can ask to be good for.
    pub longest_lifetime: u32,
    /// Between two requests for the tokens.
    pub interval: u32,
    /// A token request may wait for the decision; 0 for not at all.
    pub long_polling: u32,
    /// Whether tests may decide in the place of end-users.
    pub test_approval: bool,
}

/// One scope (RFC 6749 §3.3).
#[derive(Debug, Clone, Serialize)]
pub struct ScopeDefinition {
    /// The scope token.
    pub name: String,
    /// What the consent page says about it.
    pub description: String,
    /// The claims it asks for (OpenID Connect Core 1.0 §5.4).
    pub claims: Vec<String>,
}

/// One authentication context (OpenID Connect Core 1.0 §2, `acr`).
#[derive(Debug, Clone, Serialize)]
pub struct AcrLevel {
    /// The `acr` value.
    pub name: String,
    /// The methods it needs (RFC 8176).
    pub amr: Vec<String>,
}

/// One resource server that access tokens can be for (RFC 8707).
#[derive(Debug, Clone, Serialize)]
pub struct ResourceDefinition {
    /// Its identifier, which becomes the audience.
    pub identifier: String,
    /// The scopes that lead to it.
    pub scopes: Vec<String>,
}

/// Calls to the servers of others.
#[derive(Debug, Clone, Serialize)]
pub struct Outbound {
    /// What may be called wherever it is.
    pub allow: Vec<Destination>,
    /// Certificate authorities that are believed beside the system's.
    pub ca_file: Option<PathBuf>,
    /// Calls for one client in a minute; 0 is no limit.
    pub calls_per_client: u32,
    /// Seconds that the keys from a `jwks_uri` are used.
    pub jwks_lifetime: u32,
    /// Seconds between two fetches because of an unknown key.
    pub jwks_refetch: u32,
}

/// A host and its port, as they stand in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// The host.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Serialize for Destination {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{}:{}", self.host, self.port))
    }
}

/// Signing keys.
#[derive(Debug, Clone, Serialize)]
pub struct Keys {
    /// The file of the key that wraps all others; `None` for one in the data directory.
    pub kek_file: Option<PathBuf>,
    /// The algorithms to hold a signing key for.
    pub algorithms: Vec<String>,
}

/// Parameters of Argon2id (RFC 9106).
#[derive(Debug, Clone, Serialize)]
pub struct Passwords {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// How the pages present the provider.
#[derive(Debug, Clone, Serialize)]
pub struct Brand {
    /// Its name.
    pub name: String,
    /// Its privacy policy (`op_policy_uri`, OpenID Connect Discovery 1.0 §3).
    pub policy_uri: Option<String>,
    /// Its terms of service (`op_tos_uri`).
    pub tos_uri: Option<String>,
}

/// A client that the configuration declares.
#[derive(Debug, Clone)]
pub struct ClientDeclaration {
    /// Its metadata, as in a registration.
    pub metadata: ClientMetadata,
    /// Its secret; none for a public client.
    pub secret: Option<Secret<String>>,
}

/// An end-user that the configuration declares.
#[derive(Debug, Clone)]
pub struct UserDeclaration {
    /// The name they sign in with.
    pub username: String,
    /// Their password; without one they cannot sign in.
    pub password: Option<Secret<String>>,
    /// Their claims (OpenID Connect Core 1.0 §5.1).
    pub claims: serde_json::Map<String, serde_json::Value>,
}
