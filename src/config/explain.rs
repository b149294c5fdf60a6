//! What every setting is in the end, and which layer said so.

use std::fmt;

use serde_json::Value;

use super::{
    Loaded, Secret,
    resolve::PLAYGROUND,
    tree::{NAMES, Origin},
};

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Such as `server.listen`; elements of lists go by their names.
    pub path: String,
    /// Its value in JSON; of a secret only the length.
    pub value: String,
    /// Where it came from.
    pub origin: Origin,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}  # {}", self.path, self.value, self.origin)
    }
}

/// Every setting in force, section by section, the secrets last.
pub fn explain(loaded: &Loaded) -> Vec<Explained> {
    let settings = &loaded.settings;
    let origins = &loaded.origins;
    let mut all = Vec::new();
    let mut add = |path: &str, value: &Value| flatten(path, value, &mut all);
    let recorded = settings.recorded.as_object().into_iter().flatten();
    for (section, value) in recorded.filter(|(section, _)| *section != "users") {
        add(section, value);
    }
    for user in &settings.users {
        for (claim, value) in &user.claims {
            add(&format!("users.{}.claims.{claim}", user.username), value);
        }
    }
    let clients = settings.clients.iter().map(|client| {
        (format!("clients.{}.secret", client.metadata.client_id), client.secret.as_ref())
    });
    let users = settings
        .users
        .iter()
        .map(|user| (format!("users.{}.password", user.username), user.password.as_ref()));
    for (path, secret) in clients.chain(users) {
        all.extend(secret.map(|secret| (path, hidden(secret))));
    }
    all.into_iter()
        .map(|(path, value)| {
            // A secret may have come in a file; then what was set is the file's name.
            let set = origins.get(&path).or_else(|| origins.get(&format!("{path}_file")));
            let origin = set.cloned().unwrap_or_else(|| derived(&path));
            Explained { path, value, origin }
        })
        .collect()
}

fn hidden(secret: &Secret<String>) -> String {
    format!("(secret, {} characters)", secret.characters())
}

/// Where a value came from that no layer mentions.
fn derived(path: &str) -> Origin {
    if path == "issuer" {
        Origin::Derived("server.listen")
    } else if path.strip_prefix("clients.").is_some_and(|rest| {
        rest.strip_prefix(PLAYGROUND).is_some_and(|member| member.starts_with('.'))
    }) {
        Origin::Derived("playground")
    } else {
        Origin::Default
    }
}

/// The paths and values below `path`: tables and lists of tables go on, everything else is one line.
fn flatten(path: &str, value: &Value, all: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Object(members) => {
            for (key, value) in members {
                flatten(&format!("{path}.{key}"), value, all);
            }
        }
        Value::Array(elements) if elements.first().is_some_and(Value::is_object) => {
            for element in elements.iter().filter_map(Value::as_object) {
                let own = NAMES.iter().find(|name| element.contains_key(**name));
                let name = own.and_then(|own| element[*own].as_str()).unwrap_or_default();
                for (key, value) in element.iter().filter(|(key, _)| Some(&key.as_str()) != own) {
                    flatten(&format!("{path}.{name}.{key}"), value, all);
                }
            }
        }
        _ => all.push((path.to_owned(), value.to_string())),
    }
}
