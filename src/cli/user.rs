//! `moneta user`: end-users of the built-in directory.

mod factors;
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde_json::{Map, Value};

use super::{
    client::parse,
    exit::{Exit, usage},
    global::Global,
    operator::{self, Confidential, Order},
    terminal,
};

/// List, register and change end-users
#[derive(Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  moneta user list
  moneta user add alice --claim name='Alice Adams' --claim email=alice@example.com
  moneta user add bot --no-password
  moneta user password alice --password-file /run/secrets/alice
  moneta user claims alice --claim email_verified=true --claim nickname=
  moneta user factors remove alice --totp
  moneta user disable alice

A password is asked for, read from standard input, or from --password-file; never taken from the command
line, where everybody on the machine can see it. USER is a username or a subject (`sub`).")]
pub(super) enum Verb {
    /// List the registered end-users
    List {
        /// Do not open personal data
        #[arg(long)]
        redact: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show what is known about an end-user
    Show {
        /// A username or a subject
        user: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Register an end-user
    Add {
        /// The name to sign in with
        username: String,
        #[command(flatten)]
        claims: Claims,
        /// Read the password from this file (`-` for standard input)
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Without a password nobody can sign in with this name
        #[arg(long, conflicts_with = "password_file")]
        no_password: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a password; what was granted on the old one stops working
    Password {
        /// A username or a subject
        user: String,
        /// Read the password from this file (`-` for standard input)
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
    /// Change claims; those that are not named stay
    Claims {
        /// A username or a subject
        user: String,
        #[command(flatten)]
        claims: Claims,
        /// Remove all other claims
        #[arg(long)]
        replace: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List and remove passkeys and one-time codes
    #[command(subcommand)]
    Factors(factors::Verb),
    /// Let an end-user sign in again
    Enable {
        /// A username or a subject
        user: String,
    },
    /// Let an end-user no longer sign in; their tokens stop working
    Disable {
        /// A username or a subject
        user: String,
    },
}

/// Claims about an end-user.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct Claims {
    /// A claim (OpenID Connect Core 1.0 §5.1); a value in JSON or a word; empty to remove it; can be given
    /// several times
    #[arg(long = "claim", value_name = "NAME=VALUE")]
    claims: Vec<String>,
    /// Read claims from a JSON object in this file
    #[arg(long, value_name = "FILE")]
    claims_file: Option<PathBuf>,
}

pub(super) fn run(global: &Global, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List { redact, json } => show::list(global, redact, json)?,
        Verb::Show { user, json } => show::show(global, &user, json)?,
        Verb::Add { username, claims, password_file, no_password, json } => {
            let claims = claims.into_map()?;
            let password = if no_password {
                None
            } else {
                Some(password(password_file.as_deref(), &username)?)
            };
            let done = give(global, &Order::AddUser { username, password, claims })?;
            say(&done, json, |done| {
                format!("User {} is registered as {}.", text(done, "username"), text(done, "sub"))
            })?;
        }
        Verb::Password { user, password_file } => {
            let password = password(password_file.as_deref(), &user)?;
            let done = give(global, &Order::SetPassword { user, password })?;
            say(&done, false, |done| {
                format!(
                    "User {} has a new password; what was granted on the old one has stopped working.",
                    text(done, "user")
                )
            })?;
        }
        Verb::Claims { user, claims, replace, json } => {
            let changes = claims.into_map()?;
            if changes.is_empty() && !replace {
                return Err(usage(
                    "say what to change, for example --claim email=alice@example.com",
                ));
            }
            let done = give(global, &Order::ChangeClaims { user, changes, replace })?;
            say(&done, json, |done| {
                let names: Vec<&str> = done["changed"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                match names.as_slice() {
                    [] => format!("User {} was like that already.", text(done, "user")),
                    names => {
                        format!("User {}: changed {}.", text(done, "user"), names.join(", "))
                    }
                }
            })?;
        }
        Verb::Factors(verb) => factors::run(global, verb)?,
        Verb::Enable { user } => set_enabled(global, user, true)?,
        Verb::Disable { user } => set_enabled(global, user, false)?,
    }
    Ok(Exit::Done)
}

fn give(global: &Global, order: &Order) -> anyhow::Result<Value> {
    operator::give(&global.load(Vec::new())?.settings, order)
}

fn password(file: Option<&Path>, user: &str) -> anyhow::Result<Confidential> {
    terminal::password(file, user).map(Confidential)
}

fn set_enabled(global: &Global, user: String, enabled: bool) -> anyhow::Result<()> {
    let done = give(global, &Order::SetUserEnabled { user, enabled })?;
    say(&done, false, |done| {
        let state = if enabled { "may" } else { "may not" };
        let already = if done["changed"] == true { "" } else { ", as before" };
        format!("User {} {state} sign in{already}.", text(done, "user"))
    })
}

fn say(done: &Value, json: bool, sentence: impl Fn(&Value) -> String) -> anyhow::Result<()> {
    if json {
        return terminal::print_json(done);
    }
    terminal::print(&format!("{}\n", sentence(done)));
    Ok(())
}

fn text<'a>(done: &'a Value, name: &str) -> &'a str {
    done[name].as_str().unwrap_or_default()
}

impl Claims {
    fn into_map(self) -> anyhow::Result<Map<String, Value>> {
        let mut map = Map::new();
        if let Some(file) = &self.claims_file {
            let name = file.display();
            let text =
                std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
            match serde_json::from_str(&text).with_context(|| format!("{name}"))? {
                Value::Object(claims) => map = claims,
                _ => bail!("{name}: there is no JSON object in it"),
            }
        }
        for claim in &self.claims {
            let Some((name, value)) = claim.split_once('=') else {
                return Err(usage(format!("--claim {claim}: write NAME=VALUE")));
            };
            map.insert(name.to_owned(), parse(value));
        }
        Ok(map)
    }
}
