//! `moneta client`: relying parties, services and resource servers.

mod members;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::{
    exit::{Exit, usage},
    global::Global,
    operator::{self, Confidential, Order},
    terminal, time,
};
use crate::config::{self, ClientDeclaration};
use members::Members;
pub(super) use members::parse;

/// List, register and change clients
#[derive(Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  moneta client list
  moneta client add web --redirect-uri https://shop.example.com/callback \\
      --grant authorization_code --grant refresh_token --scope 'openid profile offline_access'
  moneta client add spa --public --redirect-uri https://app.example.com/cb --web-origin https://app.example.com
  moneta client add billing --grant client_credentials --scope invoices
  moneta client add --from clients.toml           [[clients]] as in the configuration, or one client's members
  moneta client update web --set access_token_lifetime=5m --set client_name='Web Shop'
  moneta client rotate-secret web --keep-old 1d
  moneta client disable web

All of them work while a server runs, and take effect there at once.")]
pub(super) enum Verb {
    /// List the registered clients
    List {
        /// Only those that are registered for something discouraged
        #[arg(long)]
        weak: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show everything registered of a client
    Show {
        /// Its identifier
        client_id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Register a client; a secret it needs is made and printed once
    Add {
        /// Its identifier: letters, digits, `-`, `.`, `_`, `~`
        #[arg(required_unless_present = "from")]
        client_id: Option<String>,
        /// Read clients from a TOML or JSON file instead
        #[arg(long, value_name = "FILE", conflicts_with_all = ["client_id", "secret_file"])]
        from: Option<PathBuf>,
        #[command(flatten)]
        members: Members,
        /// Take the secret from this file (`-` for standard input) instead of making one
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change some of the metadata of a client; what is not named stays
    Update {
        /// Its identifier
        client_id: String,
        #[command(flatten)]
        members: Members,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a client a new secret, printed once
    RotateSecret {
        /// Its identifier
        client_id: String,
        /// How long the old secret still works; 0s where it leaked
        #[arg(long, value_name = "DURATION", default_value = "1d", value_parser = time::seconds)]
        keep_old: u32,
        /// Take the secret from this file (`-` for standard input) instead of making one
        #[arg(long, value_name = "FILE")]
        secret_file: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Serve a client again
    Enable {
        /// Its identifier
        client_id: String,
    },
    /// Refuse a client everywhere, and its tokens
    Disable {
        /// Its identifier
        client_id: String,
    },
    /// Remove a client for good; its identifier is never used again
    Remove {
        /// Its identifier
        client_id: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn run(global: &Global, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List { weak, json } => show::list(global, weak, json)?,
        Verb::Show { client_id, json } => show::show(global, &client_id, json)?,
        Verb::Add { from: Some(file), members, json, .. } => {
            if !members.into_map()?.is_empty() {
                return Err(usage("--from goes with no other description of a client"));
            }
            for client in from_file(&file)? {
                add(global, client, json)?;
            }
        }
        Verb::Add { client_id, members, secret_file, json, .. } => {
            let mut members = members.into_map()?;
            members.extend(client_id.map(|id| ("client_id".to_owned(), Value::String(id))));
            let mut client = read(members)?;
            if let Some(file) = secret_file {
                client.secret = Some(secret(&file)?.to_string().into());
            }
            add(global, client, json)?;
        }
        Verb::Update { client_id, members, json } => {
            let changes = members.into_map()?;
            if changes.is_empty() {
                return Err(usage("say what to change, for example --set client_name='Web Shop'"));
            }
            let done = give(global, &Order::UpdateClient { client_id, changes })?;
            say(&done, json, |done| match done["changed"].as_bool() {
                Some(true) => format!("Client {} is changed.", word(done, "client_id")),
                _ => format!("Client {} was like that already.", word(done, "client_id")),
            })?;
        }
        Verb::RotateSecret { client_id, keep_old, secret_file, json } => {
            let secret = secret_file.map(|file| secret(&file)).transpose()?.map(Confidential);
            let order = Order::RotateSecret { client_id, secret, overlap: keep_old };
            say(&give(global, &order)?, json, |done| {
                let until = done["old_expire_at"].as_str().and_then(|at| at.parse().ok());
                format!(
                    "Client {} has a new secret; the old one works until {} UTC.{}",
                    word(done, "client_id"),
                    until.map(time::show).unwrap_or_default(),
                    told_secret(done)
                )
            })?;
        }
        Verb::Enable { client_id } => set_enabled(global, client_id, true)?,
        Verb::Disable { client_id } => set_enabled(global, client_id, false)?,
        Verb::Remove { client_id, yes } => {
            terminal::confirm(&format!("Remove client {client_id} for good?"), yes)?;
            let done = give(global, &Order::RemoveClient { client_id })?;
            say(&done, false, |done| format!("Client {} is gone.", word(done, "client_id")))?;
        }
    }
    Ok(Exit::Done)
}

fn give(global: &Global, order: &Order) -> anyhow::Result<Value> {
    operator::give(&global.load(Vec::new())?.settings, order)
}

fn add(global: &Global, client: ClientDeclaration, json: bool) -> anyhow::Result<()> {
    let secret = client.secret.as_ref();
    let secret = secret.map(|text| Confidential(Zeroizing::new(text.expose().clone())));
    let order = Order::AddClient { metadata: Box::new(client.metadata), secret };
    say(&give(global, &order)?, json, |done| {
        format!("Client {} is registered.{}", word(done, "client_id"), told_secret(done))
    })
}

fn set_enabled(global: &Global, client_id: String, enabled: bool) -> anyhow::Result<()> {
    let done = give(global, &Order::SetClientEnabled { client_id, enabled })?;
    say(&done, false, |done| {
        let already = if done["changed"] == true { "" } else { " already" };
        let state = if enabled { "served" } else { "refused everywhere" };
        format!("Client {} is {state}{already}.", word(done, "client_id"))
    })
}

fn say(done: &Value, json: bool, sentence: impl Fn(&Value) -> String) -> anyhow::Result<()> {
    if json {
        return terminal::print_json(done);
    }
    terminal::print(&format!("{}\n", sentence(done)));
    if let Some(note) = done["note"].as_str() {
        terminal::note(&format!("Note: {note}."));
    }
    Ok(())
}

fn told_secret(done: &Value) -> String {
    match done["secret"].as_str() {
        Some(secret) => format!("\nIts secret, which is not shown again:\n\n  {secret}\n"),
        None => String::new(),
    }
}

fn word<'a>(done: &'a Value, name: &str) -> &'a str {
    done[name].as_str().unwrap_or_default()
}

fn secret(file: &Path) -> anyhow::Result<Zeroizing<String>> {
    terminal::secret(file, "the secret")
}

fn read(members: Map<String, Value>) -> anyhow::Result<ClientDeclaration> {
    config::read_client(Value::Object(members)).map_err(usage)
}

/// One client's members, or a list of clients as in the configuration.
fn from_file(file: &Path) -> anyhow::Result<Vec<ClientDeclaration>> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let text = Zeroizing::new(text);
    let value: Value = if file.extension().is_some_and(|extension| extension == "json") {
        serde_json::from_str(&text).with_context(|| format!("{name}"))?
    } else {
        toml::from_str(&text).with_context(|| format!("{name}"))?
    };
    let clients = match value {
        Value::Array(clients) => clients,
        Value::Object(mut file) => match file.remove("clients") {
            Some(Value::Array(clients)) if file.is_empty() => clients,
            Some(_) => bail!("{name}: beside `clients` nothing else can stand there"),
            None => vec![Value::Object(file)],
        },
        _ => bail!("{name}: there is no client in it"),
    };
    let clients = clients.into_iter().map(|members| {
        let client_id = members["client_id"].as_str().unwrap_or("without client_id").to_owned();
        config::read_client(members)
            .map_err(|problem| anyhow::anyhow!("{name}: client {client_id}: {problem}"))
    });
    clients.collect()
}
