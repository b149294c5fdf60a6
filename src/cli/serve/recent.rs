//! The check at the start: what was written last is what a crash or a bad disk would have hurt.

use std::collections::HashMap;

use moneta_events::{
    StreamId,
    chain::{BrokenChain, Link},
};

use crate::{cli::exit::damaged, store::EventStore};

/// How many of the newest events are verified.
const EVENTS: u64 = 10_000;
/// Read at a time.
const PAGE: usize = 2_000;

/// What was verified.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checked {
    /// The position of the newest event.
    pub(super) head: u64,
    /// How many events.
    pub(super) events: u64,
}

/// Verifies the chains of the newest events; fails where one is broken.
pub(super) async fn verify(store: &dyn EventStore) -> anyhow::Result<Checked> {
    let head = store.head().await?;
    let mut after = head.saturating_sub(EVENTS);
    let events = head - after;
    let mut links: HashMap<StreamId, Link> = HashMap::new();
    while after < head {
        let page = store.read_all(after, PAGE).await?;
        for event in &page {
            after += 1;
            if event.position != after {
                return Err(refuse(&format!("position {after} is missing")));
            }
            let link = match links.get(&event.stream) {
                Some(link) => *link,
                None => before(store, event.stream, event.revision).await?,
            };
            let next =
                link.follow(event).map_err(|broken: BrokenChain| refuse(&broken.to_string()))?;
            links.insert(event.stream, next);
        }
        if page.is_empty() {
            return Err(refuse(&format!("position {} is missing", after + 1)));
        }
    }
    Ok(Checked { head, events })
}

/// Where a stream stood before its event of `revision`.
async fn before(store: &dyn EventStore, stream: StreamId, revision: u64) -> anyhow::Result<Link> {
    let Some(last) = revision.checked_sub(1) else { return Ok(Link::START) };
    match store.read(stream, last, 1).await?.first() {
        Some(event) if event.revision == last => {
            Ok(Link { next_revision: revision, digest: event.digest() })
        }
        _ => Err(refuse(&format!("revision {last} of {stream} is missing"))),
    }
}

fn refuse(what: &str) -> anyhow::Error {
    damaged(format!(
        "the event log is damaged, and nothing is served from it: {what}\n\
         `moneta verify` says what else is wrong. Restore the data directory from a backup that verifies, and \
         keep this one as evidence."
    ))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use moneta_events::{
        Actor, Category, Digest, Envelope, EventPayload as _, Outcome,
        configuration::{ConfigurationEvent, Stopped},
    };

    use super::*;
    use crate::{
        runtime::{
            clock::{Clock as _, SystemClock},
            entropy::Entropy,
        },
        store::{Append, Expected, memory::MemoryLog},
    };

    async fn append(log: &MemoryLog, stream: StreamId, revision: u64, previous: Digest) -> Digest {
        let (now, entropy) = (SystemClock.now(), Entropy::default());
        let event = ConfigurationEvent::Stopped(Stopped {});
        let envelope = Envelope {
            id: entropy.uuid(now),
            event_type: event.event_type().name,
            schema: 1,
            stream,
            revision,
            order: entropy.uuid(now),
            occurred_at: now,
            recorded_at: now,
            transaction: None,
            causation: entropy.uuid(now),
            correlation: entropy.uuid(now),
            actor: Actor::system("test"),
            subject: None,
            client: None,
            source: None,
            outcome: Outcome::SUCCESS,
            configuration: "test",
            node: "test",
            previous,
            data: &event.write().unwrap(),
        };
        let body: Arc<[u8]> = envelope.to_bytes().into();
        let digest = Digest::of(&[&body]);
        let expected = revision.checked_sub(1).map_or(Expected::NoStream, Expected::Revision);
        log.append(Append { stream, expected, bodies: vec![body] }).await.unwrap();
        digest
    }

    #[tokio::test]
    async fn streams_that_began_before_the_newest_part_are_verified_too() {
        let (log, entropy) = (MemoryLog::new(), Entropy::default());
        let stream = || StreamId::new(Category::Configuration, entropy.uuid(SystemClock.now()));
        let (old, busy) = (stream(), stream());
        let first = append(&log, old, 0, Digest::ZERO).await;
        let mut digest = Digest::ZERO;
        for revision in 0..EVENTS {
            digest = append(&log, busy, revision, digest).await;
        }
        append(&log, old, 1, first).await;
        let checked = verify(&log).await.unwrap();
        assert_eq!((checked.head, checked.events), (EVENTS + 2, EVENTS));

        append(&log, old, 2, Digest::ZERO).await;
        let refused = verify(&log).await.unwrap_err().to_string();
        assert!(refused.contains(&format!("position {}", EVENTS + 3)), "{refused}");
        assert!(refused.contains("moneta verify"), "{refused}");
    }
}
