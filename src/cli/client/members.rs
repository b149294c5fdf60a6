//! The metadata of a client as flags.

use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use crate::cli::exit::usage;

/// Members of a client's metadata. What is left out is as in a registration without it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Metadata")]
#[group(skip)]
pub(in crate::cli) struct Members {
    /// The name shown to end-users
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Where responses may go, in full; can be given several times
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,
    /// A client that cannot keep a secret: a script in a browser, an app on a device
    #[arg(long, conflicts_with = "auth_method")]
    public: bool,
    /// How it authenticates at the token endpoint
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// A web or a native application
    #[arg(long = "type", value_name = "TYPE")]
    kind: Option<Kind>,
    /// A grant it may use: authorization_code, refresh_token, client_credentials; can be given several
    /// times
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<String>,
    /// The scopes it may ask for, separated by spaces
    #[arg(long, value_name = "SCOPES")]
    scope: Option<String>,
    /// An origin whose scripts may call the token endpoint; can be given several times
    #[arg(long = "web-origin", value_name = "ORIGIN")]
    web_origins: Vec<String>,
    /// The resource server it stands for: it may introspect tokens for it
    #[arg(long, value_name = "URI")]
    resource: Option<String>,
    /// Do not ask end-users for consent: it belongs to the provider's own organisation
    #[arg(long)]
    skip_consent: bool,
    /// Any other member, by its registered name; a value in JSON or a word; empty to go back to the default
    #[arg(long = "set", value_name = "MEMBER=VALUE")]
    others: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Runs on a server or in a browser
    Web,
    /// Is installed on a device
    Native,
}

impl Members {
    /// As in the configuration's `[[clients]]`.
    pub(super) fn into_map(self) -> anyhow::Result<Map<String, Value>> {
        let mut map = Map::new();
        let mut put = |member: &str, value: Value| drop(map.insert(member.to_owned(), value));
        for (member, text) in [
            ("client_name", self.name),
            ("token_endpoint_auth_method", self.auth_method),
            ("scope", self.scope),
            ("resource", self.resource),
        ] {
            if let Some(text) = text {
                put(member, json!(text));
            }
        }
        for (member, list) in [
            ("redirect_uris", self.redirect_uris),
            ("grant_types", self.grants),
            ("web_origins", self.web_origins),
        ] {
            if !list.is_empty() {
                put(member, json!(list));
            }
        }
        if self.public {
            put("token_endpoint_auth_method", json!("none"));
        }
        if self.skip_consent {
            put("consent", json!("skip"));
        }
        match self.kind {
            Some(Kind::Web) => put("application_type", json!("web")),
            Some(Kind::Native) => put("application_type", json!("native")),
            None => {}
        }
        for other in &self.others {
            let Some((member, value)) = other.split_once('=') else {
                return Err(usage(format!("--set {other}: write MEMBER=VALUE")));
            };
            put(member, parse(value));
        }
        Ok(map)
    }
}

/// JSON, or else a word.
pub(in crate::cli) fn parse(value: &str) -> Value {
    if value.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(value).unwrap_or_else(|_| json!(value))
}
