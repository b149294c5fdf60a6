//! `moneta transaction show`: one timeline.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::Args;
use moneta_events::{Digest, StreamId, Timestamp, Verdict};
use moneta_projections::timeline::{Entry, describe_recorded};
use serde::Serialize;
use serde_json::Value;

use super::{
    find,
    opened::{Field, Opener},
};
use crate::cli::{
    block_on,
    data::{Keys, Reader},
    exit::Exit,
    global::Global,
    replay::{Facts, tell},
    terminal::{self, Paint},
    time,
};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    /// The UUID of a transaction, or the name of a stream
    id: String,
    /// Do not open personal data: addresses, user agents, what was typed
    #[arg(long)]
    redact: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// A stream as it happened.
#[derive(Debug, Serialize)]
struct Shown {
    stream: StreamId,
    state: Facts,
    started_at: Timestamp,
    /// Microseconds from the first event to the last one.
    duration: i64,
    chain: Chain,
    entries: Vec<Line>,
}

/// What the check of the digest chain found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
enum Chain {
    Verified { events: u64, head: Digest },
    Broken { problem: String },
}

/// One event.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    entry: Entry,
    /// Microseconds since the event before it.
    since_previous: Option<i64>,
    /// The state it led to.
    state: Option<Facts>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    personal: Vec<Field>,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<Exit> {
    let settings = global.load(Vec::new())?.settings;
    let shown = block_on(async {
        let reader = Reader::open(&settings.data)?;
        let keys = if arguments.redact {
            None
        } else {
            let keys = Keys::open(&settings);
            Some(keys.context("personal data cannot be opened (--redact does without)")?)
        };
        look(&reader, keys.as_ref(), &arguments.id).await
    })?;
    if arguments.json {
        terminal::print_json(&shown)?;
    } else {
        terminal::print(&render(&shown, Paint::stdout()));
    }
    Ok(match shown.chain {
        Chain::Verified { .. } => Exit::Done,
        Chain::Broken { .. } => Exit::Damaged,
    })
}

async fn look(reader: &Reader, keys: Option<&Keys>, id: &str) -> anyhow::Result<Shown> {
    let (stream, events) = find(&*reader.log, id).await?;
    let chain = match moneta_events::chain::verify(&events) {
        Ok(link) => Chain::Verified { events: link.next_revision, head: link.digest },
        Err(broken) => Chain::Broken { problem: broken.to_string() },
    };
    let mut states = tell(&events).steps.into_iter();
    // Beyond damage there is nothing to read.
    let envelopes: Vec<_> = events.iter().map_while(|event| event.envelope().ok()).collect();
    let opener = keys.map(|keys| Opener::of(keys, stream, &envelopes));
    let mut entries: Vec<Line> = Vec::with_capacity(events.len());
    for (event, envelope) in events.iter().zip(&envelopes) {
        let Ok(entry) = describe_recorded(event) else { break };
        let before = entries.last().map(|line| line.entry.at);
        let personal = match &opener {
            Some(opener) => opener.open(envelope).await?,
            None => Vec::new(),
        };
        entries.push(Line {
            since_previous: before.map(|before| entry.at.micros_since(before)),
            state: states.next().map(|step| step.state),
            entry,
            personal,
        });
    }
    let at = |line: Option<&Line>| line.map(|line| line.entry.at).unwrap_or_default();
    let (first, last) = (at(entries.first()), at(entries.last()));
    let state = entries.iter().rev().find_map(|line| line.state.clone());
    Ok(Shown {
        stream,
        state: state.unwrap_or_default(),
        started_at: first,
        duration: last.micros_since(first),
        chain,
        entries,
    })
}

fn render(shown: &Shown, paint: Paint) -> String {
    let mut text = format!("{}\n", paint.bold(&shown.stream.to_string()));
    let chain = match &shown.chain {
        Chain::Verified { events, head } => {
            format!("{} ({events} events, head {head})", paint.green("chain verified"))
        }
        Chain::Broken { problem } => format!("{}: {problem}", paint.red("CHAIN BROKEN")),
    };
    let mut facts = vec![("record", chain)];
    for (name, value) in &shown.state.0 {
        facts.push((name, terminal::tame(value)));
    }
    facts.push(("took", time::span(shown.duration)));
    text.push_str(&terminal::facts(&facts, paint));
    for line in &shown.entries {
        text.push('\n');
        text.push_str(&entry(line, paint));
    }
    text
}

fn entry(line: &Line, paint: Paint) -> String {
    let Entry { revision, at, event_type, actor, sentence, outcome, .. } = &line.entry;
    let since = line.since_previous.map(|since| format!("  +{}", time::span(since)));
    let mark = match outcome {
        Verdict::Success => paint.green("ok"),
        Verdict::Refused => paint.red("refused"),
        Verdict::Denied => paint.yellow("denied"),
    };
    let when = format!("{}{}", time::show(*at), since.unwrap_or_default());
    let mut text = format!("{revision:>3}  {}  {mark}  by {actor}\n", paint.dim(&when));
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(text, "     {}  {}", paint.bold(event_type), terminal::tame(sentence));
    if let (Some(reason), Some(explanation), Some(rule)) =
        (line.entry.reason, line.entry.explanation, line.entry.rule)
    {
        let reason = paint.red(reason.as_str());
        let _ = writeln!(text, "     because {reason}: {explanation} ({rule})");
    }
    let state = line.state.iter().flat_map(|state| &state.0);
    if let Some((_, phase)) = state.into_iter().find(|(name, _)| *name == "phase") {
        let _ = writeln!(text, "     {} {phase}", paint.dim("now"));
    }
    for field in &line.personal {
        let _ = writeln!(text, "     {}", personal(field, paint));
    }
    text
}

fn personal(field: &Field, paint: Paint) -> String {
    let value = match (&field.value, &field.closed) {
        (Some(Value::Object(source)), _) => {
            let word = |name: &str| source.get(name).and_then(Value::as_str).unwrap_or("unknown");
            format!("from {}, {}", word("address"), word("user_agent"))
        }
        (Some(value), _) => value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned),
        (None, closed) => format!("({})", closed.as_deref().unwrap_or("cannot be opened")),
    };
    format!("{} {}", paint.dim(field.name), terminal::tame(&value))
}
