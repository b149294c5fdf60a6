//! Between stored bytes and envelopes.

use std::sync::Arc;

use crate::{Digest, Envelope, EventPayload, StreamId, upcast};

/// An event as a store returns it: its place in the log and the stored bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Place in the log, in commit order, gap-free from 1.
    pub position: u64,
    /// The stream it belongs to.
    pub stream: StreamId,
    /// Place in the stream, from 0.
    pub revision: u64,
    /// The stored bytes: one JSON text, an [`Envelope`].
    pub body: Arc<[u8]>,
}

/// Stored bytes that this program cannot read. Deciders fail closed on it; projections halt.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not an envelope at all.
    #[error("the stored bytes are no event envelope: {0}")]
    Envelope(#[source] serde_json::Error),
    /// The envelope says it is another event than the store does.
    #[error("the envelope names {found}, the store holds it as {expected}")]
    Misplaced {
        /// Stream and revision by the store.
        expected: String,
        /// Stream and revision by the envelope.
        found: String,
    },
    /// A type this program does not know, from a newer version of it.
    #[error("unknown event type {0}: written by a newer version of Moneta?")]
    UnknownType(String),
    /// A schema number this program does not know.
    #[error("event type {event_type} has schema {found}, this program knows up to {known}")]
    NewerSchema {
        /// The type.
        event_type: &'static str,
        /// As stored.
        found: u16,
        /// The newest known.
        known: u16,
    },
    /// The data does not fit the schema it claims.
    #[error("the data of {event_type} does not fit its schema: {cause}")]
    Data {
        /// The type.
        event_type: &'static str,
        /// What does not fit.
        #[source]
        cause: serde_json::Error,
    },
}

impl Recorded {
    /// Reads the envelope and checks that it is where it says it is.
    pub fn envelope(&self) -> Result<Envelope<'_>, DecodeError> {
        let envelope: Envelope<'_> =
            serde_json::from_slice(&self.body).map_err(DecodeError::Envelope)?;
        if (envelope.stream, envelope.revision) != (self.stream, self.revision) {
            return Err(DecodeError::Misplaced {
                expected: format!("{} revision {}", self.stream, self.revision),
                found: format!("{} revision {}", envelope.stream, envelope.revision),
            });
        }
        Ok(envelope)
    }

    /// The digest that the next event of the stream names as `previous`.
    pub fn digest(&self) -> Digest {
        Digest::of(&[&self.body])
    }
}

impl Envelope<'_> {
    /// Reads `data` as one of the events of `P`, lifting old schemas to the current one.
    pub fn payload<P: EventPayload>(&self) -> Result<P, DecodeError> {
        let Some(known) = P::TYPES.iter().find(|known| known.name == self.event_type) else {
            return Err(DecodeError::UnknownType(self.event_type.to_owned()));
        };
        if self.schema > known.schema {
            return Err(DecodeError::NewerSchema {
                event_type: known.name,
                found: self.schema,
                known: known.schema,
            });
        }
        let failed = |cause| DecodeError::Data { event_type: known.name, cause };
        if self.schema == known.schema {
            P::read(known.name, self.data).map_err(failed)
        } else {
            let lifted =
                upcast::lift(upcast::STEPS, known, self.schema, self.data).map_err(failed)?;
            P::read(known.name, &lifted).map_err(failed)
        }
    }

    /// The bytes to store and hash.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(768 + self.data.get().len());
        // Strings, numbers and a verbatim JSON text: there is nothing in it that cannot be written.
        if serde_json::to_writer(&mut bytes, self).is_err() {
            bytes.clear();
        }
        bytes
    }
}
