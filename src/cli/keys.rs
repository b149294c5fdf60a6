//! `moneta keys`: the signing keys.

use std::fmt::Write as _;

use clap::Subcommand;
use moneta_events::{Timestamp, keyring::KeyringEvent};
use moneta_projections::keyring::KeyState;
use serde::Serialize;

use super::{
    block_on,
    data::Reader,
    exit::Exit,
    global::Global,
    operator::{self, Order},
    terminal::{self, Paint},
    time,
};
use crate::{
    engine::facts::keyring_stream,
    runtime::clock::{Clock as _, SystemClock},
    store::EventStore as _,
};

/// List and rotate signing keys
#[derive(Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  moneta keys list
  moneta keys rotate                 a new key for every algorithm
  moneta keys rotate --alg ES256     only this one

A running server signs with the new keys and publishes them at once. The old ones stay published for
`lifetimes.keys_overlap`, and until the last token they signed has expired; then the server retires them
by itself and destroys their private parts.")]
pub(super) enum Verb {
    /// List the published keys
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make new keys and sign with them from now on
    Rotate {
        /// Only for this algorithm; can be given several times
        #[arg(long = "alg", value_name = "ALG")]
        algorithms: Vec<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(global: &Global, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List { json } => list(global, json)?,
        Verb::Rotate { algorithms, json } => rotate(global, algorithms, json)?,
    }
    Ok(Exit::Done)
}

/// A published key.
#[derive(Debug, Serialize)]
struct Listed {
    alg: String,
    kid: String,
    state: &'static str,
    made_at: Option<Timestamp>,
    published_until: Option<Timestamp>,
}

fn list(global: &Global, json: bool) -> anyhow::Result<()> {
    let data = global.data()?;
    let keys = block_on(async {
        let reader = Reader::open(&data)?;
        published(&reader, SystemClock.now()).await
    })?;
    if json {
        return terminal::print_json(&keys);
    }
    let at = |at: Option<Timestamp>| at.map(time::show).unwrap_or_default();
    let row = |key: Listed| {
        vec![key.alg, key.kid, key.state.to_owned(), at(key.made_at), at(key.published_until)]
    };
    let rows: Vec<_> = keys.into_iter().map(row).collect();
    let head = ["ALG", "KID", "STATE", "MADE (UTC)", "PUBLISHED UNTIL (UTC)"];
    terminal::print(&terminal::table(&head, &rows, Paint::stdout()));
    Ok(())
}

async fn published(reader: &Reader, now: Timestamp) -> anyhow::Result<Vec<Listed>> {
    let keyring = reader.facts.keyring().await?;
    let mut made = Vec::new();
    for event in reader.log.read(keyring_stream(), 0, usize::MAX).await? {
        let envelope = event.envelope()?;
        if let KeyringEvent::Generated(key) = envelope.payload()? {
            made.push((key.kid, envelope.occurred_at));
        }
    }
    let keys = keyring.view.published(now).map(|key| Listed {
        alg: key.alg.to_string(),
        kid: key.kid.to_string(),
        state: match key.state {
            KeyState::Next => "next",
            KeyState::Active => "active",
            KeyState::Retiring { .. } => "retiring",
        },
        made_at: made.iter().find(|(kid, _)| **kid == *key.kid).map(|(_, at)| *at),
        published_until: match key.state {
            KeyState::Retiring { published_until } => Some(published_until),
            KeyState::Next | KeyState::Active => None,
        },
    });
    Ok(keys.collect())
}

fn rotate(global: &Global, algorithms: Vec<String>, json: bool) -> anyhow::Result<()> {
    let settings = global.load(Vec::new())?.settings;
    let done = operator::give(&settings, &Order::RotateKeys { algorithms })?;
    if json {
        return terminal::print_json(&done);
    }
    let mut text = String::new();
    for key in done["keys"].as_array().into_iter().flatten() {
        let word = |name: &str| key[name].as_str().unwrap_or_default();
        let _ = write!(text, "{} is signed with {} from now on", word("alg"), word("kid"));
        if let Ok(until) = word("replaced_published_until").parse() {
            let until = time::show(until);
            let _ = write!(text, "; {} stays published until {until} UTC", word("replaces"));
        }
        text.push('\n');
    }
    terminal::print(&text);
    Ok(())
}
