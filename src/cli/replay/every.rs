//! `moneta replay --all`: every stream of the log, one after the other.

use std::fmt::Write as _;

use moneta_events::StreamId;
use serde::Serialize;

use super::{
    super::{
        data::Reader,
        terminal::{self, Paint},
    },
    rules::tell,
};
use crate::store::EventStore as _;

/// Events read at a time.
const PAGE: usize = 2_000;
/// Problems that are listed.
const LISTED: usize = 100;

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) consistent: bool,
    streams: u64,
    events: u64,
    problems: Vec<Problem>,
    /// How many there are, where not all of them are listed.
    found: u64,
}

/// A stream that does not lead where the record says.
#[derive(Debug, Serialize)]
struct Problem {
    stream: StreamId,
    problem: String,
}

/// Replays the streams in the order in which they began.
pub(super) async fn replay(reader: &Reader) -> anyhow::Result<Report> {
    let head = reader.log.head().await?;
    let bar = terminal::progress(head, "Replaying");
    let (mut report, mut after) = (Report::default(), 0);
    loop {
        let page = reader.log.read_all(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.position;
        for event in page.iter().filter(|event| event.revision == 0) {
            let events = reader.log.read(event.stream, 0, usize::MAX).await?;
            report.streams += 1;
            report.events += events.len() as u64;
            if let Some(problem) = tell(&events).problem {
                report.found += 1;
                if report.problems.len() < LISTED {
                    report.problems.push(Problem { stream: event.stream, problem });
                }
            }
        }
        bar.set_position(after);
    }
    bar.finish_and_clear();
    report.consistent = report.found == 0;
    Ok(report)
}

pub(super) fn render(report: &Report, paint: Paint) -> String {
    let Report { streams, events, .. } = report;
    if report.consistent {
        return format!(
            "{}: {events} events in {streams} streams lead where the record says, and the rules decide \
             the same\n",
            paint.green("consistent")
        );
    }
    let mut text =
        format!("{}: {} of {streams} streams\n\n", paint.red("INCONSISTENT"), report.found);
    // Writing to a String cannot fail.
    for Problem { stream, problem } in &report.problems {
        let _ = writeln!(text, "  {stream}: {problem}");
    }
    let more = report.found - report.problems.len() as u64;
    if more > 0 {
        let _ = writeln!(text, "  and {more} more");
    }
    text
}
