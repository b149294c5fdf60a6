//! Every event type there is.

use crate::{
    EventPayload, EventType, approval::ApprovalEvent, backchannel::BackchannelEvent,
    client::ClientEvent, configuration::ConfigurationEvent, consent::ConsentEvent,
    device::DeviceEvent, direct::DirectEvent, factor::FactorEvent, incident::IncidentEvent,
    keyring::KeyringEvent, session::SessionEvent, subject::SubjectEvent, token::TokenEvent,
    transaction::TransactionEvent, username::UsernameEvent,
};

/// All types, grouped by the kind of thing that happened to.
pub fn types() -> impl Iterator<Item = &'static EventType> {
    let mut all: Vec<&'static EventType> = [
        TransactionEvent::TYPES,
        BackchannelEvent::TYPES,
        DeviceEvent::TYPES,
        DirectEvent::TYPES,
        TokenEvent::TYPES,
        SessionEvent::TYPES,
        SubjectEvent::TYPES,
        FactorEvent::TYPES,
        UsernameEvent::TYPES,
        ClientEvent::TYPES,
        ConsentEvent::TYPES,
        KeyringEvent::TYPES,
        IncidentEvent::TYPES,
        ConfigurationEvent::TYPES,
    ]
    .into_iter()
    .flatten()
    .collect();
    all.sort_by_key(|known| known.name);
    all.dedup_by_key(|known| known.name);
    all.into_iter()
}

/// The type called `name`.
pub fn find(name: &str) -> Option<&'static EventType> {
    types().find(|known| known.name == name)
}

/// The data schema of every type, by name.
#[cfg(feature = "schema")]
pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
    [
        TransactionEvent::schemas(),
        BackchannelEvent::schemas(),
        DeviceEvent::schemas(),
        ApprovalEvent::schemas(),
        DirectEvent::schemas(),
        TokenEvent::schemas(),
        SessionEvent::schemas(),
        SubjectEvent::schemas(),
        FactorEvent::schemas(),
        UsernameEvent::schemas(),
        ClientEvent::schemas(),
        ConsentEvent::schemas(),
        KeyringEvent::schemas(),
        IncidentEvent::schemas(),
        ConfigurationEvent::schemas(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
