//! Reservations in memory, for tests and demonstrations. They keep the contract in everything but
//! durability.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use moneta_events::{Digest, StreamId, Timestamp};

use super::{GuardError, GuardStore, Kind, Reservation};

/// Forgets everything when dropped.
#[derive(Debug, Default)]
pub struct MemoryGuards(Mutex<HashMap<(Kind, Digest), Reservation>>);

impl MemoryGuards {
    fn held(&self) -> MutexGuard<'_, HashMap<(Kind, Digest), Reservation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl GuardStore for MemoryGuards {
    async fn reserve(&self, reservation: Reservation, now: Timestamp) -> Result<bool, GuardError> {
        let mut held = self.held();
        let name = (reservation.kind, reservation.digest);
        if held.get(&name).is_some_and(|earlier| now < earlier.expires_at) {
            return Ok(false);
        }
        held.insert(name, reservation);
        Ok(true)
    }

    async fn find(
        &self,
        kind: Kind,
        digest: Digest,
        now: Timestamp,
    ) -> Result<Option<StreamId>, GuardError> {
        let held = self.held();
        let found = held.get(&(kind, digest)).filter(|found| now < found.expires_at);
        Ok(found.and_then(|found| found.value))
    }

    async fn release(
        &self,
        kind: Kind,
        digest: Digest,
        value: Option<StreamId>,
    ) -> Result<(), GuardError> {
        let mut held = self.held();
        if held.get(&(kind, digest)).is_some_and(|found| found.value == value) {
            held.remove(&(kind, digest));
        }
        Ok(())
    }

    async fn purge(&self, now: Timestamp) -> Result<u64, GuardError> {
        let mut held = self.held();
        let before = held.len();
        held.retain(|_, reservation| now < reservation.expires_at);
        Ok((before - held.len()) as u64)
    }
}
