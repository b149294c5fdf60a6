//! One-time reservations that expire: what may be used once and is too short-lived for a stream of its
//! own. In: a kind, a digest, a time. Out: whether it was free. Reached by `http` through
//! `engine::guards`; opened by `app` and the command line.
//!
//! `tests/store` holds the suite every backend must pass.

use async_trait::async_trait;
use moneta_events::{Digest, StreamId, Timestamp};

pub mod memory;
pub mod sqlite;

/// What is reserved. The number is stored; never reuse one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// The `jti` of an assertion that a client authenticated with (RFC 7523 §3).
    ClientAssertion = 1,
    /// The `jti` of a signed request (CIBA Core 1.0 §7.1.1, RFC 9101 §10.2).
    RequestObject = 2,
    /// A `user_code`, and the request it stands for (RFC 8628 §3.2).
    UserCode = 3,
    /// A place among the requests that wait for an end-user, or that they turned away (CIBA Core 1.0 §15).
    Request = 4,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::ClientAssertion, Self::RequestObject, Self::UserCode, Self::Request];
}

/// A claim to a name for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    /// Names of different kinds do not meet.
    pub kind: Kind,
    /// The name: a digest, so that no secret is stored.
    pub digest: Digest,
    /// The stream it leads to, where it leads to one.
    pub value: Option<StreamId>,
    /// From then on the name is free again.
    pub expires_at: Timestamp,
}

/// Why a reservation could not be made or looked up. Whether one was made is not known then: asking again
/// may find the name taken, by the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GuardError {
    /// Too much is waiting already. Try again shortly.
    #[error("the guard has no room for another request right now")]
    Busy,
    /// It cannot be read or written.
    #[error("the guard is not available: {0}")]
    Unavailable(String),
}

/// Keeps reservations. What was answered is durable.
#[async_trait]
pub trait GuardStore: Send + Sync + 'static {
    /// Reserves a name, unless somebody holds it at `now`; whether it was free. Of any number of racing
    /// callers one is told so.
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<bool, GuardError>;

    /// The stream that a name held at `now` leads to.
    async fn find(
        &self,
        kind: Kind,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<StreamId>, GuardError>;

    /// Frees a name before its time, if it leads to `value`.
    async fn release(
        &self,
        kind: Kind,
        digest: Digest,
        value: Option<StreamId>,
    ) -> Result<(), GuardError>;

    /// Forgets what has expired by `now`; how many there were.
    async fn purge(&self, now: Timestamp) -> Result<u64, GuardError>;
}
