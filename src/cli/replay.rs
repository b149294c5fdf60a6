//! `moneta replay`: folds a stream through the rules, event by event. In: a stream. Out: the state after
//! every event, and whether the rules of today come to what is on record.

mod approval;
mod grants;
mod records;
mod rules;
mod transaction;

use std::{fmt::Write as _, io::IsTerminal as _};

use clap::Args;
use moneta_events::Recorded;

use super::{
    block_on,
    data::Reader,
    exit::Exit,
    global::Global,
    terminal::{self, Paint},
    time,
    transaction::find,
};
pub(super) use rules::{Facts, tell};
use rules::{Step, Told};

/// Replay one transaction through the rules, event by event
///
/// Folds the events of a stream as the provider does and shows the state after each. Checks the chain, that
/// every event leads to what its envelope says, and that the rules of this version, given the command each
/// event came from, decide the same. (Verifiers of PKCE and the like are not on record; where one was
/// accepted, another stands in for it.)
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  moneta replay 01930a5e-7c1b-7d3e-9f00-2b1c3d4e5f60
  moneta replay client-7a1f...  --step         any stream; waits for Enter after each event
  moneta replay ID --json                      for programs: exit code 0 or 3

It needs no key and no server; --data DIR reads a copy.")]
pub(super) struct Arguments {
    /// The UUID of a transaction, or the name of a stream
    id: String,
    /// Wait for Enter after each event
    #[arg(long)]
    step: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "step")]
    json: bool,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<Exit> {
    let data = global.data()?;
    let (stream, events) = block_on(async {
        let reader = Reader::open(&data)?;
        find(&*reader.log, &arguments.id).await
    })?;
    let told = tell(&events);
    if arguments.json {
        terminal::print_json(&serde_json::json!({
            "stream": stream, "consistent": told.problem.is_none(), "steps": told.steps,
            "problem": told.problem,
        }))?;
    } else {
        show(&told, arguments.step && std::io::stdin().is_terminal(), &events);
    }
    Ok(if told.problem.is_none() { Exit::Done } else { Exit::Damaged })
}

fn show(told: &Told, step_by_step: bool, events: &[Recorded]) {
    let paint = Paint::stdout();
    for step in &told.steps {
        terminal::print(&render(step, paint));
        if step_by_step {
            let _ = std::io::stdin().read_line(&mut String::new());
        }
    }
    let end = match &told.problem {
        None => format!(
            "{}: {} events lead where the record says, and the rules decide the same\n",
            paint.green("consistent"),
            events.len()
        ),
        Some(problem) => format!("{}: {problem}\n", paint.red("INCONSISTENT")),
    };
    terminal::print(&end);
}

fn render(step: &Step, paint: Paint) -> String {
    let mut text = format!(
        "{:>3}  {}  {}\n",
        step.revision,
        paint.dim(&time::show(step.at)),
        paint.bold(step.event_type)
    );
    for (name, value) in &step.state.0 {
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "       {}  {}",
            paint.dim(&format!("{name:12}")),
            terminal::tame(value)
        );
    }
    text
}
