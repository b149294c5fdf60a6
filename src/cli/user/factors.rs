//! `moneta user factors`: what end-users have beside the password, for when a device is lost.

use anyhow::Context as _;
use clap::Subcommand;
use moneta_events::{Digest, Timestamp};
use serde::Serialize;

use super::{give, say, text};
use crate::cli::{
    block_on,
    data::{Keys, Reader},
    exit::{not_found, usage},
    global::Global,
    operator::Order,
    terminal::{self, Paint},
    time,
};

/// List and remove passkeys and one-time codes
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Verb {
    /// List what an end-user has beside the password
    List {
        /// A username or a subject
        user: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Remove what an end-user has lost
    Remove {
        /// A username or a subject
        user: String,
        /// A passkey, as `list` names it; can be given several times
        #[arg(long = "passkey", value_name = "ID")]
        passkeys: Vec<Digest>,
        /// One-time codes
        #[arg(long)]
        totp: bool,
        /// Everything: the password alone is enough then
        #[arg(long, conflicts_with_all = ["passkeys", "totp"])]
        all: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// One factor; what its owner calls it stays sealed.
#[derive(Serialize)]
struct Line {
    kind: &'static str,
    id: Option<Digest>,
    since: Timestamp,
    used: Option<Timestamp>,
}

pub(super) fn run(global: &Global, verb: Verb) -> anyhow::Result<()> {
    match verb {
        Verb::List { user, json } => list(global, &user, json),
        Verb::Remove { user, passkeys, totp, all, json } => {
            if passkeys.is_empty() && !totp && !all {
                return Err(usage("say what to remove: --passkey ID, --totp or --all"));
            }
            let done = give(global, &Order::RemoveFactors { user, passkeys, totp, all })?;
            say(&done, json, |done| {
                let passkeys = done["passkeys"].as_array().map_or(0, Vec::len);
                let codes = if done["totp"] == true { " and one-time codes" } else { "" };
                format!("User {}: removed {passkeys} passkey(s){codes}.", text(done, "user"))
            })
        }
    }
}

fn list(global: &Global, user: &str, json: bool) -> anyhow::Result<()> {
    let settings = global.load(Vec::new())?.settings;
    let lines = block_on(async {
        let reader = Reader::open(&settings.data)?;
        let keys = Keys::open(&settings).context("names cannot be looked up")?;
        let Some(subject) = keys.find(&reader.facts, user).await? else {
            return Err(not_found(format!("there is no user {user}")));
        };
        let known = reader.facts.subject(subject).await?;
        let totp = known.view.totp.iter().map(|totp| Line {
            kind: "one-time codes",
            id: None,
            since: totp.enrolled_at,
            used: totp.used_at,
        });
        let passkeys = known.view.passkeys.iter().map(|passkey| Line {
            kind: "passkey",
            id: Some(passkey.credential),
            since: passkey.registered_at,
            used: passkey.used_at,
        });
        Ok(totp.chain(passkeys).collect::<Vec<_>>())
    })?;
    if json {
        return terminal::print_json(&lines);
    }
    let rows: Vec<_> = lines
        .iter()
        .map(|line| {
            vec![
                line.kind.to_owned(),
                line.id.map_or_else(|| "-".to_owned(), |id| id.to_string()),
                time::show(line.since),
                line.used.map_or_else(|| "never".to_owned(), time::show),
            ]
        })
        .collect();
    let head = ["KIND", "ID", "SINCE (UTC)", "LAST USED (UTC)"];
    terminal::print(&terminal::table(&head, &rows, Paint::stdout()));
    Ok(())
}
