//! Opens the personal fields of events, for an operator who may see them.

use moneta_events::{
    DecodeError, Envelope, Sealed, StreamId,
    transaction::{Authenticated, TransactionEvent},
};
use serde::Serialize;

use crate::{
    cli::data::Keys,
    engine::privacy::{Privacy, Unreadable},
};

/// A personal field of an event.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// What it says; `None` where it cannot be opened.
    pub(super) value: Option<serde_json::Value>,
    /// Why it cannot be opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) closed: Option<String>,
}

/// Opens fields of one stream's events. The key of a transaction is found in its own events, once its
/// end-user is known.
pub(super) struct Opener<'a> {
    privacy: &'a Privacy,
    stream: StreamId,
    moved_key: Option<Sealed>,
}

impl<'a> Opener<'a> {
    /// For the stream of these events.
    pub(super) fn of(keys: &'a Keys, stream: StreamId, events: &[Envelope<'_>]) -> Self {
        let key = |event: &Envelope<'_>| match event.payload() {
            Ok(TransactionEvent::Authenticated(known)) => {
                Authenticated::clone(&known).transaction_key
            }
            _ => None,
        };
        let moved_key = events.iter().rev().find_map(key);
        Self { privacy: &keys.privacy, stream, moved_key }
    }

    /// The personal fields of one event.
    pub(super) async fn open(&self, envelope: &Envelope<'_>) -> Result<Vec<Field>, DecodeError> {
        let mut sealed: Vec<(&'static str, &str, Sealed)> = Vec::new();
        let mut add = |name, of, field: &Option<Sealed>| {
            sealed.extend(field.clone().map(|field| (name, of, field)));
        };
        add("source", "envelope", &envelope.source);
        match envelope.payload() {
            Ok(TransactionEvent::Requested(requested)) => {
                add("login_hint", envelope.event_type, &requested.login_hint);
                add("state", envelope.event_type, &requested.state);
            }
            Ok(TransactionEvent::AuthenticationFailed(failed)) => {
                add("username", envelope.event_type, &failed.username);
            }
            // The fields of other streams are shown by the commands about them.
            Ok(_) | Err(DecodeError::UnknownType(_)) => {}
            Err(cause) => return Err(cause),
        }
        let mut fields = Vec::with_capacity(sealed.len());
        for (name, of, field) in sealed {
            let opened = self.field(name, of, &field).await;
            let (value, closed) = match opened {
                Ok(value) => (Some(value), None),
                Err(cause) => (None, Some(cause.to_string())),
            };
            fields.push(Field { name, value, closed });
        }
        Ok(fields)
    }

    async fn field(
        &self,
        name: &str,
        of: &str,
        sealed: &Sealed,
    ) -> Result<serde_json::Value, Unreadable> {
        if let Some(moved) = self.moved_key.as_ref().filter(|_| sealed.owner == self.stream) {
            let (of, field) = ("transaction.authenticated", "transaction_key");
            self.privacy.recover(self.stream, moved, self.stream, of, field).await?;
        }
        let bytes = self.privacy.open(sealed, self.stream, of, name).await?;
        Ok(match serde_json::from_slice(&bytes) {
            Ok(value @ serde_json::Value::Object(_)) if name == "source" => value,
            _ => String::from_utf8_lossy(&bytes).into_owned().into(),
        })
    }
}
