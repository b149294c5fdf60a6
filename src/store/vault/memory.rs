//! A vault in memory, for tests and demonstrations.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use moneta_events::StreamId;

use crate::ports::vault::{Vault, VaultError};

/// Forgets everything when dropped.
#[derive(Debug, Default)]
pub struct MemoryVault(Mutex<Shelves>);

#[derive(Debug, Default)]
struct Shelves {
    keys: BTreeMap<StreamId, Vec<u8>>,
    secrets: BTreeMap<String, Vec<u8>>,
}

impl MemoryVault {
    fn shelves(&self) -> MutexGuard<'_, Shelves> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Vault for MemoryVault {
    async fn get(&self, owner: StreamId) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.shelves().keys.get(&owner).cloned())
    }

    async fn put_new(&self, owner: StreamId, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        Ok(self.shelves().keys.entry(owner).or_insert(wrapped).clone())
    }

    async fn delete(&self, owner: StreamId) -> Result<(), VaultError> {
        self.shelves().keys.remove(&owner);
        Ok(())
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        Ok(self.shelves().secrets.get(name).cloned())
    }

    async fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        Ok(self.shelves().secrets.clone().into_iter().collect())
    }

    async fn put_secret(&self, name: &str, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        Ok(self.shelves().secrets.entry(name.to_owned()).or_insert(wrapped).clone())
    }

    async fn delete_secret(&self, name: &str) -> Result<(), VaultError> {
        self.shelves().secrets.remove(name);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::store::vault::contract;

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_the_contract() {
        contract::holds(Arc::new(MemoryVault::default())).await;
    }
}
