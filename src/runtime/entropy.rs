//! Randomness: secrets, identifiers, nonces.

use moneta_events::Timestamp;
use ring::rand::{SecureRandom, SystemRandom};
use uuid::Uuid;

/// The system's generator, behind one type so that nothing else asks it.
#[derive(Debug, Clone)]
pub struct Entropy(SystemRandom);

impl Default for Entropy {
    #[allow(clippy::disallowed_methods, reason = "the one place that opens the generator")]
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy {
    /// `N` random bytes.
    ///
    /// # Panics
    /// Where the system has no randomness to give; going on without would be worse.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill(&mut bytes).expect("the system must have randomness");
        bytes
    }

    /// A UUID of version 7: sortable by `now`, unguessable in its tail. Never a secret.
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_micros().div_euclid(1_000)).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes::<10>()).into_uuid()
    }

    /// For libraries that want ring's trait.
    pub fn ring(&self) -> &dyn SecureRandom {
        &self.0
    }
}
