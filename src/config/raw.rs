//! The file exactly as it is written. Every key is documented in `config/default.toml`, which also holds
//! the defaults; a test compares the two.

use std::{fmt, marker::PhantomData};

use moneta_events::{
    client::{
        ApplicationType, ClientAuthMethod, ConsentPolicy, GrantType, Jwks, TokenDeliveryMode,
    },
    token::AccessTokenFormat,
    transaction::{CodeChallengeMethod, ResponseMode},
};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor},
};

use super::{duration::Seconds, secret::Secret};

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Raw {
    pub(crate) issuer: Option<String>,
    pub(crate) data: String,
    pub(crate) node: String,
    pub(crate) playground: bool,
    pub(crate) server: Server,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) limits: Limits,
    pub(crate) device: Device,
    pub(crate) backchannel: Backchannel,
    pub(crate) outbound: Outbound,
    pub(crate) keys: Keys,
    pub(crate) passwords: Passwords,
    pub(crate) brand: Brand,
    pub(crate) scopes: Named<Scope>,
    pub(crate) acr: Vec<Acr>,
    pub(crate) resources: Vec<Resource>,
    pub(crate) clients: Vec<Client>,
    pub(crate) users: Vec<User>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Server {
    pub(crate) listen: String,
    pub(crate) workers: usize,
    pub(crate) trusted_proxies: Vec<String>,
    pub(crate) admin_socket: bool,
    pub(crate) max_connections: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Lifetimes {
    pub(crate) transaction: Seconds,
    pub(crate) code: Seconds,
    pub(crate) access_token: Seconds,
    pub(crate) refresh_token: Seconds,
    pub(crate) id_token: Seconds,
    pub(crate) session: Seconds,
    pub(crate) keys_overlap: Seconds,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) live_transactions: usize,
    pub(crate) live_inboxes: usize,
    pub(crate) orders_per_shard: usize,
    pub(crate) orders_per_stream: usize,
    pub(crate) code_attempts: u32,
    pub(crate) login_attempts: u32,
    pub(crate) login_window: Seconds,
    pub(crate) password_hashes: usize,
    pub(crate) authorize_per_address: u32,
    pub(crate) failures_per_address: u32,
    pub(crate) device_requests_per_client: u32,
    pub(crate) wrong_user_codes: u32,
    pub(crate) backchannel_per_client: u32,
    pub(crate) open_requests: u32,
    pub(crate) open_requests_per_client: u32,
    pub(crate) denials: u32,
    pub(crate) denial_window: Seconds,
    pub(crate) report_window: Seconds,
    pub(crate) long_polls: usize,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Device {
    pub(crate) lifetime: Seconds,
    pub(crate) interval: Seconds,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Backchannel {
    pub(crate) lifetime: Seconds,
    pub(crate) longest_lifetime: Seconds,
    pub(crate) interval: Seconds,
    pub(crate) long_polling: Seconds,
    pub(crate) test_approval: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Outbound {
    pub(crate) allow: Vec<String>,
    pub(crate) ca_file: Option<String>,
    pub(crate) calls_per_client: u32,
    pub(crate) jwks_lifetime: Seconds,
    pub(crate) jwks_refetch: Seconds,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Keys {
    pub(crate) kek_file: Option<String>,
    pub(crate) algorithms: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Passwords {
    pub(crate) memory_kib: u32,
    pub(crate) iterations: u32,
    pub(crate) parallelism: u32,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Brand {
    pub(crate) name: String,
    pub(crate) policy_uri: Option<String>,
    pub(crate) tos_uri: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Scope {
    pub(crate) description: String,
    pub(crate) claims: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Acr {
    pub(crate) name: String,
    pub(crate) amr: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resource {
    pub(crate) identifier: String,
    pub(crate) scopes: Vec<String>,
}

/// What is left out is as in a registration without it (`declared`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "these are the registered names")]
pub(crate) struct Client {
    pub(crate) client_id: String,
    pub(crate) secret: Option<Secret<String>>,
    pub(crate) secret_file: Option<String>,
    pub(crate) client_name: Option<String>,
    pub(crate) application_type: Option<ApplicationType>,
    pub(crate) redirect_uris: Option<Vec<String>>,
    pub(crate) token_endpoint_auth_method: Option<ClientAuthMethod>,
    pub(crate) grant_types: Option<Vec<GrantType>>,
    pub(crate) response_types: Option<Vec<String>>,
    pub(crate) response_modes: Option<Vec<ResponseMode>>,
    pub(crate) scope: Option<String>,
    pub(crate) code_challenge_methods: Option<Vec<CodeChallengeMethod>>,
    pub(crate) require_pkce: Option<bool>,
    pub(crate) id_token_signed_response_alg: Option<String>,
    pub(crate) access_token_format: Option<AccessTokenFormat>,
    pub(crate) access_token_signed_response_alg: Option<String>,
    pub(crate) default_max_age: Option<Seconds>,
    pub(crate) default_acr_values: Option<Vec<String>>,
    pub(crate) require_auth_time: Option<bool>,
    pub(crate) consent: Option<ConsentPolicy>,
    pub(crate) jwks: Option<Jwks>,
    pub(crate) jwks_uri: Option<String>,
    pub(crate) token_endpoint_auth_signing_alg: Option<String>,
    pub(crate) backchannel_token_delivery_mode: Option<TokenDeliveryMode>,
    pub(crate) backchannel_client_notification_endpoint: Option<String>,
    pub(crate) backchannel_authentication_request_signing_alg: Option<String>,
    pub(crate) backchannel_user_code_parameter: Option<bool>,
    pub(crate) web_origins: Option<Vec<String>>,
    pub(crate) resource: Option<String>,
    pub(crate) client_uri: Option<String>,
    pub(crate) logo_uri: Option<String>,
    pub(crate) policy_uri: Option<String>,
    pub(crate) tos_uri: Option<String>,
    pub(crate) contacts: Option<Vec<String>>,
    pub(crate) access_token_lifetime: Option<Seconds>,
    pub(crate) refresh_token_lifetime: Option<Seconds>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) username: String,
    pub(crate) password: Option<Secret<String>>,
    pub(crate) password_file: Option<String>,
    #[serde(default)]
    pub(crate) claims: serde_json::Map<String, serde_json::Value>,
}

/// A table whose keys are names, in the order they are written.
#[derive(Debug)]
pub(crate) struct Named<T>(pub(crate) Vec<(String, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Named<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error>
            where
                A::Error: de::Error,
            {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Named(entries))
            }
        }

        deserializer.deserialize_map(Entries(PhantomData))
    }
}
