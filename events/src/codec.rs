//! Between stored bytes and envelopes.

use std::sync::Arc;

use serde_json::value::RawValue;

use crate::{Digest, Envelope, EventPayload, Head, StreamId, upcast};

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
    /// An event between the last one read and this one is missing.
    #[error("{stream}: revision {found} where {expected} must stand")]
    Gap {
        /// The stream.
        stream: StreamId,
        /// What must stand here.
        expected: u64,
        /// What stands here.
        found: u64,
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
        self.must_be(envelope.stream, envelope.revision)?;
        Ok(envelope)
    }

    /// Reads of the envelope what says what happened and when, and checks that it is where it says it
    /// is. Takes well under half the time of [`Recorded::envelope`].
    pub fn head(&self) -> Result<Head<'_>, DecodeError> {
        let head: Head<'_> = serde_json::from_slice(&self.body).map_err(DecodeError::Envelope)?;
        self.must_be(head.stream, head.revision)?;
        Ok(head)
    }

    /// The digest that the next event of the stream names as `previous`.
    pub fn digest(&self) -> Digest {
        Digest::of(&[&self.body])
    }

    fn must_be(&self, stream: StreamId, revision: u64) -> Result<(), DecodeError> {
        if (stream, revision) == (self.stream, self.revision) {
            return Ok(());
        }
        Err(DecodeError::Misplaced {
            expected: format!("{} revision {}", self.stream, self.revision),
            found: format!("{stream} revision {revision}"),
        })
    }
}

impl Head<'_> {
    /// Reads `data` as one of the events of `P`, lifting old schemas to the current one.
    pub fn payload<P: EventPayload>(&self) -> Result<P, DecodeError> {
        payload(self.event_type, self.schema, self.data)
    }
}

impl Envelope<'_> {
    /// Reads `data` as one of the events of `P`, lifting old schemas to the current one.
    pub fn payload<P: EventPayload>(&self) -> Result<P, DecodeError> {
        payload(self.event_type, self.schema, self.data)
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

fn payload<P: EventPayload>(
    event_type: &str,
    schema: u16,
    data: &RawValue,
) -> Result<P, DecodeError> {
    let Some(known) = P::TYPES.iter().find(|known| known.name == event_type) else {
        return Err(DecodeError::UnknownType(event_type.to_owned()));
    };
    if schema > known.schema {
        return Err(DecodeError::NewerSchema {
            event_type: known.name,
            found: schema,
            known: known.schema,
        });
    }
    let failed = |cause| DecodeError::Data { event_type: known.name, cause };
    if schema == known.schema {
        P::read(known.name, data).map_err(failed)
    } else {
        let lifted = upcast::lift(upcast::STEPS, known, schema, data).map_err(failed)?;
        P::read(known.name, &lifted).map_err(failed)
    }
}
