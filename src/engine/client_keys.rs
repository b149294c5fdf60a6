//! The public keys of clients: those they registered, parsed once for each revision of a registration.

use std::sync::Arc;

use moneta_events::{StreamId, client::ClientMetadata};
use quick_cache::sync::Cache;

use crate::jose::{ClientKeys, client_keys::ClientKeysError};

/// A client whose keys are wanted.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// Its stream.
    pub stream: StreamId,
    /// Its registration.
    pub metadata: &'a ClientMetadata,
    /// The revision of its stream that the registration is from.
    pub revision: u64,
}

/// Why there are no keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoKeys {
    /// The client registered none.
    #[error("the client has no keys")]
    None,
    /// They are no keys.
    #[error("the key set {0}")]
    Unusable(#[from] ClientKeysError),
}

/// The keys in use. Bounded: what is not held is read again.
pub struct KeysOfClients {
    registered: Cache<StreamId, (u64, Arc<ClientKeys>)>,
}

impl KeysOfClients {
    /// Holds the keys of so many clients.
    pub fn new(capacity: usize) -> Self {
        Self { registered: Cache::new(capacity) }
    }

    /// The keys of a client.
    pub fn of(&self, owner: Owner<'_>) -> Result<Arc<ClientKeys>, NoKeys> {
        let jwks = owner.metadata.jwks.as_ref().ok_or(NoKeys::None)?;
        if let Some((revision, keys)) = self.registered.get(&owner.stream)
            && revision == owner.revision
        {
            return Ok(keys);
        }
        let keys = Arc::new(ClientKeys::read(&jwks.0)?);
        self.registered.insert(owner.stream, (owner.revision, Arc::clone(&keys)));
        Ok(keys)
    }
}
