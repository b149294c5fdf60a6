//! `moneta verify`: is the log what was written? In: a data directory, no key and no configuration. Out:
//! every event that is not what the events before it say.

mod check;

use std::{fmt::Write as _, sync::Arc, time::Instant};

use clap::Args;
use moneta_events::Recorded;
use serde::Serialize;
use tokio::sync::mpsc;

use super::{
    block_on,
    data::Reader,
    exit::Exit,
    global::Global,
    terminal::{self, Paint},
};
use crate::store::EventStore;
use check::{Finding, Shards, Verified};

/// Events read at a time.
const PAGE: usize = 2_000;
/// Pages read ahead of the checks.
const AHEAD: usize = 4;

/// Verify that the log is what was written: every chain, every event
///
/// Reads every event in the order of the log and checks that positions have no gap, that each event can be
/// read and names the digest of the event before it in its stream, and that its data fits its schema. It
/// needs no key, no configuration and no server, and may run beside one.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  moneta verify                            the configured data directory
  moneta verify --data /backup/moneta      a copy, anywhere
  moneta verify --json                     for monitoring: exit code 0 or 3, findings as JSON

A chain shows every change to an event that another one follows. That the last events of a stream were
not cut off or rewritten can only be told by comparing the position and digest this prints with an
earlier run's: keep them elsewhere.")]
pub(super) struct Arguments {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// The result of a verification.
#[derive(Debug, Serialize)]
struct Report {
    intact: bool,
    log: String,
    events: u64,
    streams: u64,
    last_position: u64,
    /// Over the digests of the last events of all streams, in the order of their names.
    digest: moneta_events::Digest,
    findings: Vec<Finding>,
    /// How many there are, where not all of them are listed.
    found: u64,
    seconds: f64,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> anyhow::Result<Exit> {
    let data = global.data()?;
    let report = block_on(async {
        let reader = Reader::open(&data)?;
        verify(&reader).await
    })?;
    if arguments.json {
        terminal::print_json(&report)?;
    } else {
        terminal::print(&render(&report, Paint::stdout()));
    }
    Ok(if report.intact { Exit::Done } else { Exit::Damaged })
}

async fn verify(reader: &Reader) -> anyhow::Result<Report> {
    let began = Instant::now();
    let head = reader.log.head().await?;
    let bar = terminal::progress(head, "Verifying");
    let (pages, mut to_check) = mpsc::channel::<Vec<Recorded>>(AHEAD);
    let reading = tokio::spawn(read(Arc::clone(&reader.log) as _, pages));
    let mut shards = Shards::start();
    let mut position = 0;
    while let Some(page) = to_check.recv().await {
        for event in page {
            position += 1;
            if event.position != position {
                shards.found(Finding::gap(position, event.position));
                position = event.position;
            }
            shards.check(event);
        }
        shards.flush().await;
        bar.set_position(position);
    }
    if let Some(unreadable) = reading.await? {
        shards.found(unreadable);
    }
    let Verified { events, streams, digest, findings, found } = shards.finish().await?;
    bar.finish_and_clear();
    Ok(Report {
        intact: found == 0,
        log: reader.log.id().to_owned(),
        events,
        streams,
        last_position: position,
        digest,
        findings,
        found,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// Reads the log to its end, or to the first position that cannot be read.
async fn read(log: Arc<dyn EventStore>, pages: mpsc::Sender<Vec<Recorded>>) -> Option<Finding> {
    let (mut after, mut limit) = (0, PAGE);
    loop {
        match log.read_all(after, limit).await {
            Ok(page) => {
                after = page.last()?.position;
                pages.send(page).await.ok()?;
            }
            // Fewer at a time, until it is clear at which one it fails.
            Err(_) if limit > 1 => limit = limit.div_ceil(8),
            Err(cause) => return Some(Finding::unreadable(after + 1, &cause.to_string())),
        }
    }
}

fn render(report: &Report, paint: Paint) -> String {
    let Report { events, streams, last_position, .. } = report;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = *events as f64 / report.seconds.max(0.001);
    let mut text = String::new();
    // Writing to a String cannot fail, here and below.
    if report.intact {
        let sound = paint.green("intact");
        let _ = writeln!(text, "{sound}: {events} events in {streams} streams");
    } else {
        let broken = paint.red("DAMAGED");
        let first = &report.findings[0];
        let _ = writeln!(text, "{broken} at position {}\n", first.position);
        for finding in &report.findings {
            let _ = writeln!(text, "  {finding}");
        }
        let more = report.found - report.findings.len() as u64;
        if more > 0 {
            let _ = writeln!(text, "  and {more} more");
        }
        text.push_str(
            "\nEvery event before that position fits those around it. Let no server write to this log; restore it \
             from a backup that verifies, and keep this one as evidence.\n\n",
        );
    }
    text.push_str(&terminal::facts(
        &[
            ("log", report.log.clone()),
            ("last position", last_position.to_string()),
            ("digest", report.digest.to_string()),
            ("took", format!("{:.2} s, {rate:.0} events/s", report.seconds)),
        ],
        paint,
    ));
    text
}
