//! A stream's state in memory, with what is needed to append to it.

use std::{collections::VecDeque, sync::Arc};

use moneta_events::{Digest, Reason, Recorded, StreamId};
use uuid::Uuid;

use super::order::Failure;
use crate::{
    domain::Aggregate,
    store::{EventStore, Expected},
};

/// Orders a stream remembers; a retry comes within seconds.
const REMEMBERED: usize = 64;
/// Events read at a time.
const PAGE: usize = 512;

/// The state of one stream, as of `next_revision`.
#[derive(Debug, Clone)]
pub struct Loaded<A: Aggregate> {
    /// Which stream.
    pub stream: StreamId,
    /// What its events led to.
    pub state: Arc<A>,
    /// How many events there are.
    pub next_revision: u64,
    /// Digest of the last one.
    pub digest: Digest,
    recent: VecDeque<(Uuid, Result<(), Reason>)>,
}

impl<A: Aggregate> Loaded<A> {
    /// A stream nobody has written to.
    pub fn fresh(stream: StreamId) -> Self {
        Self {
            stream,
            state: Arc::default(),
            next_revision: 0,
            digest: Digest::ZERO,
            recent: VecDeque::new(),
        }
    }

    /// Replays a stream.
    pub async fn replay(stream: StreamId, store: &dyn EventStore) -> Result<Self, Failure> {
        let mut loaded = Self::fresh(stream);
        loaded.refresh(store).await?;
        Ok(loaded)
    }

    /// Reads what others have appended; `true` where there was something.
    pub async fn refresh(&mut self, store: &dyn EventStore) -> Result<bool, Failure> {
        let before = self.next_revision;
        loop {
            let page = store
                .read(self.stream, self.next_revision, PAGE)
                .await
                .map_err(|unavailable| Failure::Store(unavailable.0.into()))?;
            for event in &page {
                self.take_in(event)?;
            }
            if page.len() < PAGE {
                return Ok(self.next_revision > before);
            }
        }
    }

    fn take_in(&mut self, event: &Recorded) -> Result<(), Failure> {
        let read = || -> Result<_, moneta_events::DecodeError> {
            let envelope = event.envelope()?;
            let payload = envelope.payload::<A::Event>()?;
            Ok((envelope, payload))
        };
        let (envelope, payload) = match read() {
            Ok(read) if read.0.previous == self.digest => read,
            Ok(_) => {
                tracing::error!(stream = %self.stream, position = event.position, "broken digest chain: stream quarantined");
                return Err(Failure::Quarantined(self.stream));
            }
            Err(cause) => {
                tracing::error!(stream = %self.stream, position = event.position, %cause, "unreadable event: stream quarantined");
                return Err(Failure::Quarantined(self.stream));
            }
        };
        self.remember(envelope.order, A::verdict(&payload));
        Arc::make_mut(&mut self.state).evolve(&payload);
        self.next_revision = event.revision + 1;
        self.digest = event.digest();
        Ok(())
    }

    /// Takes in what this node has just appended itself.
    pub fn advance(
        &mut self,
        state: Arc<A>,
        digest: Digest,
        order: Uuid,
        verdict: Result<(), Reason>,
        count: u64,
    ) {
        self.state = state;
        self.digest = digest;
        self.next_revision += count;
        self.remember(order, verdict);
    }

    /// What came of an order, where it is on record.
    pub fn outcome_of(&self, order: Uuid) -> Option<Result<(), Reason>> {
        self.recent.iter().rev().find(|(id, _)| *id == order).map(|(_, verdict)| *verdict)
    }

    /// Where the next append expects the stream.
    pub const fn expected(&self) -> Expected {
        match self.next_revision.checked_sub(1) {
            None => Expected::NoStream,
            Some(last) => Expected::Revision(last),
        }
    }

    /// An order's first refusal stays its verdict: a replay is recorded together with what it revokes.
    fn remember(&mut self, order: Uuid, verdict: Result<(), Reason>) {
        if let Some((_, known)) = self.recent.iter_mut().rev().find(|(id, _)| *id == order) {
            if known.is_ok() {
                *known = verdict;
            }
            return;
        }
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back((order, verdict));
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use moneta_events::{
        Actor, Category, SubjectId, Timestamp,
        session::{SessionEnd, Started},
    };

    use super::*;
    use crate::{
        domain::session::{Command, Session},
        engine::{
            execute::Ledger,
            order::{Context, Order},
            scribe::Scribe,
        },
        runtime::{clock::SystemClock, entropy::Entropy},
        store::{Append, memory::MemoryLog},
    };

    const STREAM: StreamId = StreamId::new(Category::Session, Uuid::from_u128(1));
    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn ready<T>(future: impl Future<Output = T>) -> T {
        future.now_or_never().expect("a log in memory answers at once")
    }

    fn order(id: u128, command: Command) -> Order<Session> {
        let context = Context {
            now: NOW,
            actor: Actor::system("test"),
            source: None,
            transaction: None,
            causation: Uuid::nil(),
            correlation: Uuid::nil(),
        };
        Order { id: Uuid::from_u128(id), command, context }
    }

    /// A session that started and ended, as it is on record.
    fn recorded() -> Vec<Recorded> {
        let scribe = Scribe {
            node: "node".into(),
            configuration: "configuration".into(),
            clock: Arc::new(SystemClock),
            entropy: Entropy::default(),
        };
        let store = Arc::new(MemoryLog::new());
        let ledger = Ledger { store: store.clone(), scribe };
        let started = Started {
            subject: SubjectId(Uuid::from_u128(0xA11CE)),
            secret: Digest::of(&[b"secret"]),
            auth_time: NOW,
            acr: "1".to_owned(),
            amr: Vec::new(),
            expires_at: NOW,
        };
        ready(ledger.tell(STREAM, &order(1, Command::Start(started)))).unwrap();
        ready(ledger.tell(STREAM, &order(2, Command::End(SessionEnd::SignedOut)))).unwrap();
        ready(store.read(STREAM, 0, 10)).unwrap()
    }

    fn replay(
        events: &[Recorded],
        tamper: impl Fn(usize, String) -> String,
    ) -> Result<Loaded<Session>, Failure> {
        let store = MemoryLog::new();
        for (at, event) in events.iter().enumerate() {
            let text = tamper(at, String::from_utf8(event.body.to_vec()).unwrap());
            let expected = at.checked_sub(1).map(|last| Expected::Revision(last as u64));
            let expected = expected.unwrap_or(Expected::NoStream);
            let bodies = vec![text.into_bytes().into()];
            ready(store.append(Append { stream: STREAM, expected, bodies })).unwrap();
        }
        ready(Loaded::replay(STREAM, &store))
    }

    #[test]
    fn what_is_not_as_it_was_recorded_is_not_built_upon() {
        let events = recorded();
        let whole = replay(&events, |_, text| text).unwrap();
        assert!(whole.state.ended);
        let changes: [(&str, &str, &str); 4] = [
            ("a change of what happened", "\"acr\":\"1\"", "\"acr\":\"2\""),
            ("another place", "\"revision\":0", "\"revision\":7"),
            ("an unknown type", "session.started", "session.dreamt"),
            ("a newer schema", "\"schema\":1", "\"schema\":9"),
        ];
        for (case, from, to) in changes {
            let tampered = replay(&events, |at, text| match at {
                0 => {
                    assert!(text.contains(from), "{case}: {text}");
                    text.replace(from, to)
                }
                _ => text,
            });
            assert!(matches!(tampered, Err(Failure::Quarantined(STREAM))), "{case}: {tampered:?}");
        }
    }

    #[test]
    fn the_orders_of_the_last_seconds_are_remembered() {
        let mut loaded = Loaded::<Session>::fresh(STREAM);
        for id in 0..=REMEMBERED as u128 {
            loaded.remember(Uuid::from_u128(id), Ok(()));
        }
        assert_eq!(loaded.outcome_of(Uuid::from_u128(0)), None, "the oldest makes room");
        assert_eq!(loaded.outcome_of(Uuid::from_u128(1)), Some(Ok(())));
        let last = Uuid::from_u128(REMEMBERED as u128);
        loaded.remember(last, Err(Reason::CodeReplayed));
        loaded.remember(last, Ok(()));
        assert_eq!(loaded.outcome_of(last), Some(Err(Reason::CodeReplayed)), "a refusal stays");
        assert_eq!(loaded.recent.len(), REMEMBERED);
    }
}
