//! `moneta config`: what the settings are, where they come from, and what there is to set.

use std::fmt::Write as _;

use clap::Subcommand;
use serde_json::json;

use super::{
    exit::Exit,
    global::Global,
    terminal::{self, Paint},
};
use crate::config::{self, Origin};

/// Check and explain the configuration
#[derive(Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  moneta config check --config moneta.toml       every problem at once, with its place
  moneta config explain --config moneta.toml     every setting in force and where it came from
  MONETA__SERVER__LISTEN=127.0.0.1:9000 moneta config explain")]
pub(super) enum Verb {
    /// Say every problem of the configuration, with the place to look at
    Check,
    /// Print every setting in force and which layer said so; of secrets only the length
    Explain {
        /// Only what begins so, such as `server`
        #[arg(value_name = "PREFIX")]
        prefix: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the JSON Schema of the configuration file, for editors
    Schema,
    /// Print the catalogue of all options as Markdown
    Docs,
}

pub(super) fn run(global: &Global, verb: &Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::Check => {
            let settings = global.load(Vec::new())?.settings;
            terminal::print(&format!(
                "The configuration is good: {} on {}, {} clients and {} users declared, version {}.\n",
                settings.issuer,
                settings.server.listen,
                settings.clients.len(),
                settings.users.len(),
                settings.version
            ));
        }
        Verb::Explain { prefix, json } => explain(global, prefix.as_deref(), *json)?,
        Verb::Schema => terminal::print(&config::schema()),
        Verb::Docs => terminal::print(&config::catalogue()),
    }
    Ok(Exit::Done)
}

fn explain(global: &Global, prefix: Option<&str>, json: bool) -> anyhow::Result<()> {
    let mut all = config::explain(&global.load(Vec::new())?);
    all.retain(|setting| prefix.is_none_or(|prefix| setting.path.starts_with(prefix)));
    if json {
        let all: Vec<_> = all
            .iter()
            .map(|setting| {
                let value =
                    serde_json::from_str(&setting.value).unwrap_or_else(|_| json!(setting.value));
                json!({"path": setting.path, "value": value, "origin": setting.origin.to_string()})
            })
            .collect();
        return terminal::print_json(&all);
    }
    let paint = Paint::stdout();
    let mut text = String::new();
    for setting in &all {
        let origin = paint.dim(&format!("# {}", setting.origin));
        let path = match setting.origin {
            Origin::Default | Origin::Derived(_) => setting.path.clone(),
            _ => paint.bold(&setting.path),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{path} = {}  {origin}", setting.value);
    }
    terminal::print(&text);
    Ok(())
}
