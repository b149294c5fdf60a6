//! The checks, spread over the processors by stream: each sees the events of its streams in order.

use std::{
    collections::HashMap,
    fmt,
    thread::{self, JoinHandle},
};

use anyhow::anyhow;
use moneta_events::{
    Category, DecodeError, Digest, Envelope, EventPayload, Recorded, StreamId,
    backchannel::BackchannelEvent, chain::BrokenChain, chain::Link, client::ClientEvent,
    configuration::ConfigurationEvent, consent::ConsentEvent, device::DeviceEvent,
    direct::DirectEvent, incident::IncidentEvent, keyring::KeyringEvent, session::SessionEvent,
    subject::SubjectEvent, transaction::TransactionEvent, username::UsernameEvent,
};
use serde::Serialize;
use tokio::sync::mpsc;

/// Findings that are kept; the others are counted.
const LISTED: usize = 20;
/// Batches that may wait for one processor.
const WAITING: usize = 4;

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) position: u64,
    pub(super) stream: Option<StreamId>,
    pub(super) revision: Option<u64>,
    pub(super) problem: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "position {}", self.position)?;
        if let (Some(stream), Some(revision)) = (self.stream, self.revision) {
            write!(f, ", {stream} revision {revision}")?;
        }
        write!(f, ": {}", self.problem)
    }
}

impl Finding {
    /// Positions are missing.
    pub(super) fn gap(expected: u64, found: u64) -> Self {
        let problem = format!("missing; the log goes on at position {found}");
        Self { position: expected, stream: None, revision: None, problem }
    }

    /// The store cannot hand it out.
    pub(super) fn unreadable(position: u64, cause: &str) -> Self {
        Self { position, stream: None, revision: None, problem: format!("cannot be read: {cause}") }
    }

    fn of(event: &Recorded, problem: String) -> Self {
        let Recorded { position, stream, revision, .. } = *event;
        Self { position, stream: Some(stream), revision: Some(revision), problem }
    }

    /// `event` does not follow on the event of its stream that stood at `before`.
    fn broken(event: &Recorded, before: u64, broken: &BrokenChain) -> Self {
        match broken {
            BrokenChain::Unreadable { cause, .. } => Self::of(event, cause.to_string()),
            BrokenChain::Revision { expected, .. } => Self::of(
                event,
                format!("stands where revision {expected} of its stream must stand"),
            ),
            BrokenChain::Previous { position, .. } if event.revision > 0 => Self {
                position: before,
                stream: Some(event.stream),
                revision: Some(event.revision - 1),
                problem: format!(
                    "is not what position {position} was recorded after: one of the two was changed"
                ),
            },
            BrokenChain::Previous { .. } => {
                Self::of(event, "begins its stream, but names an event before it".to_owned())
            }
        }
    }
}

/// What came out.
#[derive(Debug)]
pub(super) struct Verified {
    pub(super) events: u64,
    pub(super) streams: u64,
    pub(super) digest: Digest,
    /// The first ones, by position.
    pub(super) findings: Vec<Finding>,
    pub(super) found: u64,
}

/// The threads that check.
pub(super) struct Shards {
    shards: Vec<Shard>,
    findings: Vec<Finding>,
}

struct Shard {
    batch: Vec<Recorded>,
    queue: mpsc::Sender<Vec<Recorded>>,
    thread: JoinHandle<Checked>,
}

#[derive(Default)]
struct Checked {
    streams: HashMap<StreamId, Seen>,
    events: u64,
    findings: Vec<Finding>,
    found: u64,
}

/// The last event of a stream so far.
#[derive(Clone, Copy)]
struct Seen {
    link: Link,
    position: u64,
    /// Whether it was found damaged; then it is no news that the next one does not follow on it.
    damaged: bool,
}

impl Shards {
    /// One for each processor.
    pub(super) fn start() -> Self {
        let count = thread::available_parallelism().map_or(1, usize::from);
        let shards = (0..count).map(|_| {
            let (queue, mut waiting) = mpsc::channel::<Vec<Recorded>>(WAITING);
            let thread = thread::spawn(move || {
                let mut checked = Checked::default();
                while let Some(batch) = waiting.blocking_recv() {
                    for event in &batch {
                        checked.check(event);
                    }
                }
                checked
            });
            Shard { batch: Vec::new(), queue, thread }
        });
        Self { shards: shards.collect(), findings: Vec::new() }
    }

    /// Notes something about the log as a whole.
    pub(super) fn found(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Puts an event before the one who knows its stream.
    pub(super) fn check(&mut self, event: Recorded) {
        // The last bytes of a stream's name are random.
        let of = usize::from(event.stream.uuid.as_bytes()[15]) % self.shards.len();
        self.shards[of].batch.push(event);
    }

    /// Hands over what has been collected.
    pub(super) async fn flush(&mut self) {
        for shard in &mut self.shards {
            // Where the thread is gone, `finish` says so.
            let _ = shard.queue.send(std::mem::take(&mut shard.batch)).await;
        }
    }

    /// Waits for all checks.
    pub(super) async fn finish(mut self) -> anyhow::Result<Verified> {
        self.flush().await;
        let mut all = Checked { found: self.findings.len() as u64, ..Checked::default() };
        all.findings = self.findings;
        for shard in self.shards {
            drop(shard.queue);
            let of = tokio::task::spawn_blocking(|| shard.thread.join()).await?;
            let of = of.map_err(|_| anyhow!("a thread that verifies panicked"))?;
            all.events += of.events;
            all.found += of.found;
            all.findings.extend(of.findings);
            all.streams.extend(of.streams);
        }
        all.findings.sort_by_key(|finding| finding.position);
        all.findings.truncate(LISTED);
        let mut streams: Vec<_> = all.streams.into_iter().collect();
        streams.sort_by_key(|(stream, _)| *stream);
        let digest = streams.iter().fold(Digest::ZERO, |sum, (stream, last)| {
            Digest::of(&[&sum.0, &stream.to_bytes(), &last.link.digest.0])
        });
        let Checked { events, findings, found, .. } = all;
        Ok(Verified { events, streams: streams.len() as u64, digest, findings, found })
    }
}

impl Checked {
    fn check(&mut self, event: &Recorded) {
        self.events += 1;
        let fresh = Seen { link: Link::START, position: 0, damaged: false };
        let last = self.streams.entry(event.stream).or_insert(fresh);
        let checked = event
            .envelope()
            .map_err(|cause| Finding::of(event, cause.to_string()))
            .and_then(|envelope| follow(last, event, &envelope));
        let (link, finding) = match checked {
            Ok(link) => (link, None),
            Err(finding) => (as_it_stands(event), Some(finding)),
        };
        let damaged = finding.as_ref().is_some_and(|finding| finding.position == event.position);
        *last = Seen { link, position: event.position, damaged };
        if let Some(finding) = finding {
            self.found += 1;
            if self.findings.len() < LISTED {
                self.findings.push(finding);
            }
        }
    }
}

/// After damage, what follows is judged by what stands there now.
fn as_it_stands(event: &Recorded) -> Link {
    Link { next_revision: event.revision + 1, digest: event.digest() }
}

fn follow(last: &Seen, event: &Recorded, envelope: &Envelope<'_>) -> Result<Link, Finding> {
    let link = match last.link.follow_read(event, envelope) {
        Err(BrokenChain::Previous { .. }) if last.damaged => as_it_stands(event),
        next => next.map_err(|broken| Finding::broken(event, last.position, &broken))?,
    };
    let read = data(event.stream.category, envelope);
    read.map_err(|cause| Finding::of(event, cause.to_string()))?;
    Ok(link)
}

/// Whether the data fits the schema of its type, and the type its stream.
fn data(category: Category, envelope: &Envelope<'_>) -> Result<(), DecodeError> {
    fn of<E: EventPayload>(envelope: &Envelope<'_>) -> Result<(), DecodeError> {
        envelope.payload::<E>().map(drop)
    }
    match category {
        Category::Transaction => of::<TransactionEvent>(envelope),
        Category::Session => of::<SessionEvent>(envelope),
        Category::Subject => of::<SubjectEvent>(envelope),
        Category::Username => of::<UsernameEvent>(envelope),
        Category::Client => of::<ClientEvent>(envelope),
        Category::Consent => of::<ConsentEvent>(envelope),
        Category::Keyring => of::<KeyringEvent>(envelope),
        Category::Direct => of::<DirectEvent>(envelope),
        Category::Incident => of::<IncidentEvent>(envelope),
        Category::Configuration => of::<ConfigurationEvent>(envelope),
        Category::Backchannel => of::<BackchannelEvent>(envelope),
        Category::Device => of::<DeviceEvent>(envelope),
    }
}
