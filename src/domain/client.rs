//! One client's registration. Whether its metadata is good is checked before, by the one validator.
//!
//! ```text
//! Absent -> Enabled <-> Disabled -> Deleted
//! ```

use moneta_events::{
    Category, ClientId, Reason,
    client::{
        ClientEvent as Event, ClientMetadata, Deleted, Disabled, Enabled, Registered,
        SecretRotated, Updated, WeaknessNoted,
    },
};

use super::aggregate::{Aggregate, Decision};

/// The state of one client.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Client {
    /// As registered.
    pub metadata: Option<Box<ClientMetadata>>,
    /// Whether it is refused everywhere.
    pub disabled: bool,
    /// Whether it is gone.
    pub deleted: bool,
}

/// What may be asked of it.
#[derive(Debug, Clone)]
pub enum Command {
    /// Register it.
    Register(Box<Registered>),
    /// Replace its metadata.
    Update(Box<ClientMetadata>),
    /// Give it a new secret.
    RotateSecret(SecretRotated),
    /// Refuse it everywhere.
    Disable,
    /// Serve it again.
    Enable,
    /// Remove it.
    Delete,
}

impl Aggregate for Client {
    const CATEGORY: Category = Category::Client;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        let Some(metadata) = self.metadata.as_ref().filter(|_| !self.deleted) else {
            return match command {
                Command::Register(registered) if self.metadata.is_none() => {
                    let event = Event::Registered(registered.clone());
                    Decision::record_all(with_warnings(event, None, &registered.metadata))
                }
                _ => Decision::refuse(Reason::ClientUnknown),
            };
        };
        match command {
            Command::Register(_) => Decision::refuse(Reason::OutOfOrder),
            Command::Update(new) => {
                let changed = changed_members(metadata, new);
                if changed.is_empty() {
                    return Decision::nothing_to_do();
                }
                let event =
                    Event::Updated(Box::new(Updated { metadata: (**new).clone(), changed }));
                Decision::record_all(with_warnings(event, Some(metadata), new))
            }
            Command::RotateSecret(rotated) => {
                Decision::record(Event::SecretRotated(rotated.clone()))
            }
            Command::Disable if self.disabled => Decision::nothing_to_do(),
            Command::Disable => Decision::record(Event::Disabled(Disabled {})),
            Command::Enable if !self.disabled => Decision::nothing_to_do(),
            Command::Enable => Decision::record(Event::Enabled(Enabled {})),
            Command::Delete => Decision::record(Event::Deleted(Deleted {})),
        }
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Registered(registered) => {
                self.metadata = Some(Box::new(registered.metadata.clone()));
            }
            Event::Updated(updated) => self.metadata = Some(Box::new(updated.metadata.clone())),
            Event::SecretRotated(_) | Event::WeaknessNoted(_) => {}
            Event::Disabled(_) => self.disabled = true,
            Event::Enabled(_) => self.disabled = false,
            Event::Deleted(_) => self.deleted = true,
        }
    }

    fn client(&self) -> Option<&ClientId> {
        self.metadata.as_ref().map(|metadata| &metadata.client_id)
    }
}

/// The event, and a warning for each weakness that it brings.
fn with_warnings(event: Event, old: Option<&ClientMetadata>, new: &ClientMetadata) -> Vec<Event> {
    let warnings =
        new.weaknesses_since(old).map(|weakness| Event::WeaknessNoted(WeaknessNoted { weakness }));
    std::iter::once(event).chain(warnings).collect()
}

/// The names of the metadata members in which two registrations differ.
fn changed_members(old: &ClientMetadata, new: &ClientMetadata) -> Vec<String> {
    let members = |metadata| match serde_json::to_value(metadata) {
        Ok(serde_json::Value::Object(members)) => members,
        _ => serde_json::Map::new(),
    };
    let (old, new) = (members(old), members(new));
    new.into_iter()
        .filter(|(name, value)| old.get(name) != Some(value))
        .map(|(name, _)| name)
        .collect()
}
