//! The digest chain of one stream: each event names the SHA-256 of the stored bytes before it.

use crate::{DecodeError, Digest, Envelope, Recorded};

/// The first event of a stream that is not what the events before it say.
#[derive(Debug, thiserror::Error)]
pub enum BrokenChain {
    /// The event cannot be read.
    #[error("position {position}, {stream} revision {revision}: {cause}")]
    Unreadable {
        /// Place in the log.
        position: u64,
        /// The stream.
        stream: crate::StreamId,
        /// Place in the stream.
        revision: u64,
        /// Why.
        #[source]
        cause: DecodeError,
    },
    /// A revision is missing or doubled.
    #[error("position {position}, {stream}: revision {found} where {expected} must stand")]
    Revision {
        /// Place in the log.
        position: u64,
        /// The stream.
        stream: crate::StreamId,
        /// What must stand here.
        expected: u64,
        /// What stands here.
        found: u64,
    },
    /// The event before this one was changed, or this one names another.
    #[error(
        "position {position}, {stream} revision {revision}: the event before it is not the one it was recorded after"
    )]
    Previous {
        /// Place in the log.
        position: u64,
        /// The stream.
        stream: crate::StreamId,
        /// Place in the stream.
        revision: u64,
    },
}

/// How far a stream has been verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The revision the next event must have.
    pub next_revision: u64,
    /// What the next event must name as `previous`.
    pub digest: Digest,
}

impl Link {
    /// Before the first event.
    pub const START: Self = Self { next_revision: 0, digest: Digest::ZERO };

    /// Verifies that `event` follows here, and moves on.
    pub fn follow(self, event: &Recorded) -> Result<Self, BrokenChain> {
        let Recorded { position, stream, revision, .. } = *event;
        let envelope = event.envelope().map_err(|cause| BrokenChain::Unreadable {
            position,
            stream,
            revision,
            cause,
        })?;
        self.follow_read(event, &envelope)
    }

    /// The same for an event whose envelope has been read.
    pub fn follow_read(
        self,
        event: &Recorded,
        envelope: &Envelope<'_>,
    ) -> Result<Self, BrokenChain> {
        let Recorded { position, stream, revision, .. } = *event;
        if revision != self.next_revision {
            return Err(BrokenChain::Revision {
                position,
                stream,
                expected: self.next_revision,
                found: revision,
            });
        }
        if envelope.previous != self.digest {
            return Err(BrokenChain::Previous { position, stream, revision });
        }
        Ok(Self { next_revision: revision + 1, digest: event.digest() })
    }
}

/// Verifies a whole stream, oldest event first.
pub fn verify<'a>(events: impl IntoIterator<Item = &'a Recorded>) -> Result<Link, BrokenChain> {
    events.into_iter().try_fold(Link::START, Link::follow)
}
