//! `moneta transaction`: what happened, for operators. In: filters, or one transaction. Out: a list, or one
//! timeline with its reasons.

mod list;
mod opened;
mod read_model;
mod show;

use anyhow::bail;
use clap::Subcommand;
use moneta_events::{Category, Recorded, StreamId};
use uuid::Uuid;

use super::{
    exit::{Exit, not_found, usage},
    global::Global,
};
use crate::store::EventStore;

/// List transactions and show one step by step
#[derive(Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  moneta transaction list --since 1h
  moneta transaction list --user alice --outcome refused
  moneta transaction list --client web --reason password_wrong --json
  moneta transaction show 01930a5e-7c1b-7d3e-9f00-2b1c3d4e5f60
  moneta transaction show transaction-01930a5e-7c1b-7d3e-9f00-2b1c3d4e5f60 --redact

Both work while a server runs, and without one.")]
pub(super) enum Verb {
    /// List transactions and grants without an end-user, newest first
    List(list::Arguments),
    /// Show one: every step, when, by whom, and why something was refused
    Show(show::Arguments),
}

pub(super) fn run(global: &Global, verb: Verb) -> anyhow::Result<Exit> {
    match verb {
        Verb::List(arguments) => list::run(global, arguments),
        Verb::Show(arguments) => show::run(global, &arguments),
    }
}

/// A stream by its name, or the transaction or grant of a UUID; with all its events.
pub(super) async fn find(
    store: &dyn EventStore,
    name: &str,
) -> anyhow::Result<(StreamId, Vec<Recorded>)> {
    let candidates = if let Ok(stream) = name.parse::<StreamId>() {
        vec![stream]
    } else if let Ok(uuid) = Uuid::try_parse(name) {
        vec![StreamId::new(Category::Transaction, uuid), StreamId::new(Category::Direct, uuid)]
    } else {
        return Err(usage(format!(
            "{name}: neither a UUID nor a stream such as transaction-<UUID>"
        )));
    };
    for stream in candidates {
        let events = store.read(stream, 0, usize::MAX).await?;
        match events.first() {
            None => {}
            Some(first) if first.revision == 0 => return Ok((stream, events)),
            Some(_) => bail!("{stream} does not begin with its first event"),
        }
    }
    Err(not_found(format!("there is no transaction {name}")))
}
