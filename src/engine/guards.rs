//! Single use of what others made up: `jti`s of clients, and codes that people type.

use std::sync::Arc;

use moneta_events::{Digest, StreamId, Timestamp};
use ring::hmac;

pub use crate::store::guard::{GuardError, Kind};
use crate::store::guard::{GuardStore, Reservation};

/// Reservations by name. Names are stored as keyed hashes: a `user_code` is short enough to be guessed
/// from a plain one.
#[derive(Clone)]
pub struct Guards {
    store: Arc<dyn GuardStore>,
    key: hmac::Key,
}

impl Guards {
    /// Reservations in `store`, with the key of this deployment.
    pub fn new(store: Arc<dyn GuardStore>, key: &[u8; 32]) -> Self {
        Self { store, key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// Reserves `name` until `expires_at`, unless it is held at `now`; whether it was free. Of any number
    /// of racing callers, on this node and others, one is told so.
    pub async fn reserve(
        &self,
        kind: Kind,
        name: &[&str],
        value: Option<StreamId>,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, GuardError> {
        let digest = self.digest(name);
        self.store.reserve(Reservation { kind, digest, value, expires_at }, now).await
    }

    /// The stream that `name` leads to, if it is held at `now`.
    pub async fn find(
        &self,
        kind: Kind,
        name: &[&str],
        now: Timestamp,
    ) -> Result<Option<StreamId>, GuardError> {
        self.store.find(kind, self.digest(name), now).await
    }

    /// Frees `name` before its time, if it leads to `value`.
    pub async fn release(
        &self,
        kind: Kind,
        name: &[&str],
        value: Option<StreamId>,
    ) -> Result<(), GuardError> {
        self.store.release(kind, self.digest(name), value).await
    }

    /// Forgets what has expired by `now`; how many there were.
    pub async fn purge(&self, now: Timestamp) -> Result<u64, GuardError> {
        self.store.purge(now).await
    }

    /// What stands for a name wherever it is recorded. Each part with its length before it, so that no two
    /// lists of parts are one name.
    pub fn digest(&self, name: &[&str]) -> Digest {
        let mut context = hmac::Context::with_key(&self.key);
        for part in name {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut digest = [0; 32];
        digest.copy_from_slice(context.sign().as_ref());
        Digest(digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::guard::memory::MemoryGuards;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);
    const LATER: Timestamp = Timestamp::from_seconds(1_800_000_060);

    #[tokio::test]
    async fn names_are_lists_of_parts_under_a_key() {
        let store = Arc::new(MemoryGuards::default());
        let guards = Guards::new(Arc::clone(&store) as _, &[1; 32]);
        let names: [&[&str]; 6] =
            [&["a", "b"], &["ab"], &["a", "", "b"], &["", "ab"], &["b", "a"], &[]];
        for name in names {
            assert_eq!(
                guards.reserve(Kind::ClientAssertion, name, None, LATER, NOW).await,
                Ok(true),
                "{name:?}"
            );
        }
        let again = guards.reserve(Kind::ClientAssertion, &["a", "b"], None, LATER, NOW).await;
        assert_eq!(again, Ok(false));
        let elsewhere = Guards::new(store, &[2; 32]);
        let first = elsewhere.reserve(Kind::ClientAssertion, &["a", "b"], None, LATER, NOW).await;
        assert_eq!(first, Ok(true), "another deployment's name is another one");
    }
}
