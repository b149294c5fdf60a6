//! The command line. In: arguments, the environment, standard input. Out: text for people or JSON for
//! programs, and an exit code. Called by `main` alone.
//!
//! Verbs that read open the data beside a running server. Verbs that write take the log's lock or, where a
//! server holds it, send their order to the server's socket, which carries it out with the same function
//! (`operator`).

mod client;
mod config;
mod data;
mod exit;
mod global;
mod health;
mod keys;
mod log;
mod operator;
mod replay;
mod serve;
mod terminal;
mod time;
mod transaction;
mod user;
mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use exit::{CODES, Exit};
use global::Global;

/// An OpenID Provider that mints tokens and remembers why.
///
/// Every authorization is a transaction, every step of it an event in an append-only log, and every
/// answer about it is read from there: which tokens are good, who did what, and why something was
/// refused.
#[derive(Debug, Parser)]
#[command(
    name = "moneta",
    version,
    propagate_version = true,
    after_help = "See `moneta <command> --help` for examples.",
    after_long_help = long_help(),
    subcommand_required = true,
    arg_required_else_help = true
)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Serve(serve::Arguments),
    #[command(subcommand, visible_alias = "tx")]
    Transaction(transaction::Verb),
    Replay(replay::Arguments),
    Verify(verify::Arguments),
    #[command(subcommand)]
    Keys(keys::Verb),
    #[command(subcommand)]
    Client(client::Verb),
    #[command(subcommand)]
    User(user::Verb),
    #[command(subcommand)]
    Config(config::Verb),
    Health(health::Arguments),
}

fn long_help() -> String {
    format!(
        "\
Examples:
  moneta serve --demo                     try it: users, clients and a playground, on this machine
  moneta serve --config moneta.toml       run it
  moneta transaction list --since 1h      what happened in the last hour
  moneta transaction show ID              one login, step by step, with the reasons
  moneta verify --data /backup/moneta     is this copy of the log what was written?

Settings come from built-in defaults, the file of --config, variables such as MONETA__SERVER__LISTEN,
and flags; the later ones win. `moneta config explain` shows each with its origin.

{CODES}"
    )
}

/// Runs the program.
pub fn main() -> ExitCode {
    let Arguments { global, verb } = Arguments::parse();
    let ended = match verb {
        Verb::Serve(arguments) => serve::run(&global, &arguments),
        Verb::Transaction(verb) => quietly(|| transaction::run(&global, verb)),
        Verb::Replay(arguments) => quietly(|| replay::run(&global, &arguments)),
        Verb::Verify(arguments) => quietly(|| verify::run(&global, &arguments)),
        Verb::Keys(verb) => quietly(|| keys::run(&global, verb)),
        Verb::Client(verb) => quietly(|| client::run(&global, verb)),
        Verb::User(verb) => quietly(|| user::run(&global, verb)),
        Verb::Config(verb) => config::run(&global, &verb),
        Verb::Health(arguments) => health::run(&arguments),
    };
    match ended {
        Ok(exit) => exit.into(),
        Err(error) => {
            terminal::complain(&exit::text_of(&error));
            exit::code_of(&error).into()
        }
    }
}

/// Runs a command that only says what goes wrong.
fn quietly(command: impl FnOnce() -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    log::start("warn", log::Format::Human)?;
    command()
}

/// Waits for what a command does.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Arguments::command().debug_assert();
    }
}
