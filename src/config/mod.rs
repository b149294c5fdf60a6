//! Configuration. In: the built-in defaults, one TOML file, the environment, flags. Out: [`Settings`],
//! typed and checked across options, with the origin of every value, or every problem at once. Called by
//! `app` and `cli`; everyone else is given settings. [`validate_client`] is for whoever registers clients.
//!
//! Each layer is read into a tree whose values remember their places (`layers`, `tree`), the trees are
//! laid on each other, the result is read into the file's own notation (`read`, `raw`) and resolved
//! (`resolve`). `config/default.toml` is the first layer and the documentation: the option catalogue and
//! the JSON Schema are made from it.

mod claims;
mod client;
mod client_secret;
mod declared;
mod document;
mod duration;
mod error;
mod explain;
mod layers;
mod network;
mod raw;
mod read;
mod record;
mod resolve;
mod resolved;
mod schema;
mod secret;
mod shape;
mod text;
mod tree;
mod uri;
mod vocabulary;

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::PathBuf};

pub use client::{ClientProblem, Offered, validate_client};
pub use client_secret::validate_client_secret;
pub use declared::{claims_problems, read_client, read_secret, username_problem};
pub use document::catalogue;
pub use error::{ConfigError, Problem};
pub use explain::{Explained, explain};
pub use resolved::{
    AcrLevel, Brand, ClientDeclaration, Destination, Device, Keys, Lifetimes, Limits, Outbound,
    Passwords, ResourceDefinition, ScopeDefinition, Server, Settings, UserDeclaration,
};
pub use schema::schema;
pub use secret::Secret;
pub use tree::Origin;

use layers::Place;
use tree::Node;

/// The first layer, and what documents every option.
const DEFAULTS: &str = include_str!("../../config/default.toml");
const DEMO: &str = include_str!("../../config/demo.toml");

/// Where settings come from, weakest first: the built-in defaults, the demo, a file, the environment,
/// flags. It cannot be printed: secrets may come by all of them.
#[derive(Clone)]
pub struct Sources<E> {
    /// Whether the built-in demo is laid on the defaults.
    pub demo: bool,
    /// The file.
    pub file: Option<PathBuf>,
    /// Names and values of environment variables; those that do not begin with `MONETA__` are ignored.
    pub env: E,
    /// Paths and values, such as `server.listen`.
    pub flags: Vec<(String, String)>,
}

/// Settings, and where each came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the program uses.
    pub settings: Settings,
    /// By the path people call it by. Not the tree itself, which has secrets in the clear.
    origins: HashMap<String, Origin>,
}

/// Reads all layers and resolves them.
pub fn load<E>(sources: Sources<E>) -> Result<Loaded, ConfigError>
where
    E: IntoIterator<Item = (String, String)>,
{
    let defaults = defaults();
    let mut problems = Vec::new();
    let mut layers = Vec::new();
    if sources.demo {
        layers.push(layers::file(DEMO, &Place::file("the demo", DEMO)));
    }
    if let Some(file) = &sources.file {
        let name = file.display().to_string();
        layers.push(match std::fs::read_to_string(file) {
            Ok(text) => layers::file(&text, &Place::file(&name, &text)),
            Err(error) => {
                let text = format!("cannot read `{name}`: {error}");
                Err(vec![Problem { origin: None, path: String::new(), text }])
            }
        });
    }
    layers.push(layers::environment(sources.env.into_iter()));
    layers.push(layers::flags(sources.flags));

    let mut tree = defaults.clone();
    for layer in layers {
        match layer {
            Ok(layer) => tree.merge(layer),
            Err(found) => problems.extend(found),
        }
    }
    // What is behind a mistake in TOML's notation is guesswork.
    if !problems.is_empty() {
        return Err(problems.into());
    }
    let mut found = error::Problems::default();
    let settings = read::read(&tree, &defaults, &mut found)
        .map(|raw| resolve::resolve(raw, sources.demo, &mut found));
    match settings {
        Some(settings) if found.is_empty() => Ok(Loaded { settings, origins: tree.origins() }),
        _ => Err(found.located(&tree).into()),
    }
}

fn defaults() -> Node {
    layers::file(DEFAULTS, &Place::Same(Origin::Default)).expect("a test reads config/default.toml")
}
