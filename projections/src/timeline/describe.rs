//! One event as one entry of a timeline that a person reads.

use moneta_events::{
    Actor, ActorKind, Category, DecodeError, Envelope, EventPayload, Reason, Recorded, Timestamp,
    Verdict, backchannel::BackchannelEvent, client::ClientEvent, configuration::ConfigurationEvent,
    consent::ConsentEvent, device::DeviceEvent, direct::DirectEvent, incident::IncidentEvent,
    keyring::KeyringEvent, session::SessionEvent, subject::SubjectEvent,
    transaction::TransactionEvent, username::UsernameEvent,
};
use serde::Serialize;

/// One line of a timeline. Holds no personal data in clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Place in the stream.
    pub revision: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: &'static str,
    /// Who did it.
    pub actor: String,
    /// What happened.
    pub sentence: String,
    /// How the step ended.
    pub outcome: Verdict,
    /// Why it did not end well.
    pub reason: Option<Reason>,
    /// The reason in a sentence.
    pub explanation: Option<&'static str>,
    /// The rule that decided, by specification and section.
    pub rule: Option<&'static str>,
}

/// Tells what happened in a plain sentence.
pub trait Describe: EventPayload {
    /// One English sentence, free of personal data. `at` is when it happened.
    fn sentence(&self, at: Timestamp) -> String;
}

/// The entry for an event.
pub fn describe<E: Describe>(envelope: &Envelope<'_>, event: &E) -> Entry {
    let outcome = event.outcome();
    Entry {
        revision: envelope.revision,
        at: envelope.occurred_at,
        event_type: event.event_type().name,
        actor: actor(&envelope.actor),
        sentence: event.sentence(envelope.occurred_at),
        outcome: outcome.result,
        reason: outcome.reason,
        explanation: outcome.reason.map(Reason::sentence),
        rule: outcome.reason.map(Reason::rule),
    }
}

/// The entry for an event of any stream.
pub fn describe_recorded(recorded: &Recorded) -> Result<Entry, DecodeError> {
    fn of<E: Describe>(envelope: &Envelope<'_>) -> Result<Entry, DecodeError> {
        Ok(describe(envelope, &envelope.payload::<E>()?))
    }
    let envelope = &recorded.envelope()?;
    match recorded.stream.category {
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

fn actor(actor: &Actor) -> String {
    let id = actor.id.as_deref();
    let role = match actor.kind {
        ActorKind::Browser => "browser",
        ActorKind::User => "end-user",
        ActorKind::Client => "client",
        ActorKind::Operator => "operator",
        ActorKind::System => {
            return id.map_or("provider".to_owned(), |part| format!("provider ({part})"));
        }
    };
    id.map_or(role.to_owned(), |id| format!("{role} {id}"))
}
