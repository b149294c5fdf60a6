//! What every kind of stream has in common: fold, compare, decide again.

use moneta_events::{
    Category, Envelope, EventPayload as _, Recorded, SubjectId, Timestamp, chain::Link,
    configuration::ConfigurationEvent, incident::IncidentEvent,
};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::{
    Aggregate, backchannel::Backchannel, client::Client, consent::Consent, device::Device,
    direct::Direct, journal::Journal, keyring::Keyring, session::Session, subject::Subject,
    transaction::Transaction, username::Username,
};

/// What is known after an event, as names and values.
#[derive(Debug, Clone, Default)]
pub(in crate::cli) struct Facts(pub(in crate::cli) Vec<(&'static str, String)>);

impl FromIterator<(&'static str, String)> for Facts {
    fn from_iter<I: IntoIterator<Item = (&'static str, String)>>(facts: I) -> Self {
        Self(facts.into_iter().collect())
    }
}

impl Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A kind of stream that can be told again.
pub(super) trait Retold: Aggregate {
    /// The command that `events` came from, all of them recorded together at `at`, and the state to give
    /// it to: `self`, unless something that is not on record must have a stand-in. `None` where no command
    /// leads to such events.
    fn retell(&self, events: &[Self::Event], at: Timestamp) -> Option<(Self, Self::Command)>;

    /// The state for people.
    fn facts(&self) -> Facts;
}

/// The state after one event.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Step {
    pub(in crate::cli) revision: u64,
    pub(in crate::cli) at: Timestamp,
    #[serde(rename = "type")]
    pub(in crate::cli) event_type: &'static str,
    pub(in crate::cli) state: Facts,
}

/// A stream told from its beginning, up to the first thing that is not as it should be.
#[derive(Debug, Default)]
pub(in crate::cli) struct Told {
    pub(in crate::cli) steps: Vec<Step>,
    pub(in crate::cli) problem: Option<String>,
}

/// Tells the stream of these events, which are all of it, oldest first.
pub(in crate::cli) fn tell(events: &[Recorded]) -> Told {
    let Some(first) = events.first() else { return Told::default() };
    match first.stream.category {
        Category::Transaction => told::<Transaction>(events),
        Category::Session => told::<Session>(events),
        Category::Subject => told::<Subject>(events),
        Category::Username => told::<Username>(events),
        Category::Client => told::<Client>(events),
        Category::Consent => told::<Consent>(events),
        Category::Keyring => told::<Keyring>(events),
        Category::Direct => told::<Direct>(events),
        Category::Incident => told::<Journal<IncidentEvent>>(events),
        Category::Configuration => told::<Journal<ConfigurationEvent>>(events),
        Category::Backchannel => told::<Backchannel>(events),
        Category::Device => told::<Device>(events),
    }
}

fn told<A: Retold>(events: &[Recorded]) -> Told {
    let mut teller = Teller::<A>::default();
    let problem = events
        .iter()
        .try_for_each(|event| teller.take_in(event))
        .and_then(|()| teller.decide_again())
        .err();
    Told { steps: teller.steps, problem }
}

struct Teller<A: Aggregate> {
    link: Link,
    state: A,
    /// What the events of the order at hand have in common, and the state before them.
    order: Option<(Uuid, Timestamp, A)>,
    recorded: Vec<A::Event>,
    steps: Vec<Step>,
}

impl<A: Aggregate> Default for Teller<A> {
    fn default() -> Self {
        Self {
            link: Link::START,
            state: A::default(),
            order: None,
            recorded: Vec::new(),
            steps: Vec::new(),
        }
    }
}

impl<A: Retold> Teller<A> {
    fn take_in(&mut self, event: &Recorded) -> Result<(), String> {
        let here = |problem: String| format!("revision {}: {problem}", event.revision);
        let envelope = event.envelope().map_err(|cause| here(cause.to_string()))?;
        self.link =
            self.link.follow_read(event, &envelope).map_err(|broken| here(broken.to_string()))?;
        let data: A::Event = envelope.payload().map_err(|cause| here(cause.to_string()))?;
        if self.order.as_ref().is_none_or(|(order, ..)| *order != envelope.order) {
            self.decide_again()?;
            self.order = Some((envelope.order, envelope.occurred_at, self.state.clone()));
        }
        self.state.evolve(&data);
        self.compare(&envelope, &data).map_err(here)?;
        self.steps.push(Step {
            revision: event.revision,
            at: envelope.occurred_at,
            event_type: data.event_type().name,
            state: self.state.facts(),
        });
        self.recorded.push(data);
        Ok(())
    }

    /// The envelope repeats what the event and the state say.
    fn compare(&self, envelope: &Envelope<'_>, data: &A::Event) -> Result<(), String> {
        let stream = envelope.stream;
        let subject = self
            .state
            .subject()
            .or((stream.category == Category::Subject).then_some(SubjectId(stream.uuid)));
        let differs =
            |what: &str| Err(format!("{what} of the envelope is not what the event led to"));
        if envelope.outcome != data.outcome() {
            return differs("the outcome");
        }
        if envelope.subject != subject {
            return differs("the subject");
        }
        if envelope.client.as_ref() != self.state.client() {
            return differs("the client");
        }
        if envelope.recorded_at < envelope.occurred_at {
            return Err("it was recorded before it happened".to_owned());
        }
        Ok(())
    }

    /// Gives the rules the command that the order at hand was, and compares what they decide.
    fn decide_again(&mut self) -> Result<(), String> {
        let Some((_, at, before)) = self.order.take() else { return Ok(()) };
        let recorded = std::mem::take(&mut self.recorded);
        let names: Vec<_> = recorded.iter().map(|event| event.event_type().name).collect();
        let from = self.link.next_revision - recorded.len() as u64;
        let here = |problem| format!("revision {from}: {problem} {}", names.join(", "));
        let Some((state, command)) = before.retell(&recorded, at) else {
            return Err(here("no command records"));
        };
        if state.decide(&command).events == recorded {
            Ok(())
        } else {
            Err(here("the rules of this version do not come to"))
        }
    }
}
