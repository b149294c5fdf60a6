//! The golden corpus: stored events of every type and version, as they were first written.

#![allow(dead_code, reason = "each test binary uses its part of it")]

use std::{fs, path::PathBuf, sync::Arc};

use moneta_events::{
    Category, DecodeError, Envelope, EventPayload, EventType, Outcome, Recorded,
    backchannel::BackchannelEvent, client::ClientEvent, configuration::ConfigurationEvent,
    consent::ConsentEvent, device::DeviceEvent, direct::DirectEvent, incident::IncidentEvent,
    keyring::KeyringEvent, session::SessionEvent, subject::SubjectEvent,
    transaction::TransactionEvent, username::UsernameEvent,
};
use serde_json::value::RawValue;

/// Calls `$action::<P>($argument)` with the events `P` that streams of `$category` hold.
macro_rules! for_category {
    ($category:expr, $action:ident $argument:tt) => {
        match $category {
            Category::Transaction => $action::<TransactionEvent> $argument,
            Category::Session => $action::<SessionEvent> $argument,
            Category::Subject => $action::<SubjectEvent> $argument,
            Category::Username => $action::<UsernameEvent> $argument,
            Category::Client => $action::<ClientEvent> $argument,
            Category::Consent => $action::<ConsentEvent> $argument,
            Category::Keyring => $action::<KeyringEvent> $argument,
            Category::Direct => $action::<DirectEvent> $argument,
            Category::Incident => $action::<IncidentEvent> $argument,
            Category::Configuration => $action::<ConfigurationEvent> $argument,
            Category::Backchannel => $action::<BackchannelEvent> $argument,
            Category::Device => $action::<DeviceEvent> $argument,
        }
    };
}

/// A line of the corpus.
pub(crate) struct Line {
    /// File and line number.
    pub(crate) place: String,
    /// The line as a store would return it.
    pub(crate) recorded: Recorded,
}

/// Every line, in the order of files and lines.
pub(crate) fn corpus() -> Vec<Line> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut lines = Vec::new();
    for file in files {
        for (number, text) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            let name = file.file_name().unwrap().to_string_lossy();
            let place = format!("{name}:{}", number + 1);
            let envelope: Envelope<'_> =
                serde_json::from_str(text).unwrap_or_else(|cause| panic!("{place}: {cause}"));
            let (stream, revision) = (envelope.stream, envelope.revision);
            let (position, body) = (lines.len() as u64 + 1, Arc::from(text.as_bytes()));
            lines.push(Line { place, recorded: Recorded { position, stream, revision, body } });
        }
    }
    lines
}

/// What came of reading an event and writing it again.
pub(crate) struct Rewritten {
    pub(crate) event_type: &'static EventType,
    pub(crate) outcome: Outcome,
    pub(crate) data: Box<RawValue>,
}

/// Reads the data as what the stream's category says it must be, and writes it again.
pub(crate) fn rewrite(
    category: Category,
    envelope: &Envelope<'_>,
) -> Result<Rewritten, DecodeError> {
    fn rewritten<P: EventPayload>(envelope: &Envelope<'_>) -> Result<Rewritten, DecodeError> {
        let event: P = envelope.payload()?;
        Ok(Rewritten {
            event_type: event.event_type(),
            outcome: event.outcome(),
            data: event.write().unwrap(),
        })
    }
    for_category!(category, rewritten(envelope))
}

/// The types that streams of `category` hold.
pub(crate) fn types(category: Category) -> &'static [EventType] {
    fn types<P: EventPayload>() -> &'static [EventType] {
        P::TYPES
    }
    for_category!(category, types())
}
