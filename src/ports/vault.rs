//! Keeps wrapped keys: the one store that deletes.

use async_trait::async_trait;
use moneta_events::StreamId;

/// Holds data keys by owner and the provider's secrets by name, all of them wrapped. What was answered is
/// durable; what was deleted is gone.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    /// The wrapped data key of `owner`.
    async fn get(&self, owner: StreamId) -> Result<Option<Vec<u8>>, VaultError>;

    /// Stores `wrapped` unless `owner` has a key already; answers with the one that is stored then.
    async fn put_new(&self, owner: StreamId, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError>;

    /// Destroys the data key of `owner`, if there is one, without a trace in the vault's files. Only a
    /// transaction's may stay legible to a reader of the disk for a while, at the longest until the
    /// next deletion of another kind.
    async fn delete(&self, owner: StreamId) -> Result<(), VaultError>;

    /// The wrapped secret called `name`.
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError>;

    /// Every wrapped secret with its name, by name.
    async fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, VaultError>;

    /// Stores `wrapped` unless the name is taken; answers with what is stored under it then.
    async fn put_secret(&self, name: &str, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError>;

    /// Destroys the secret called `name`, if there is one, without a trace in the vault's files.
    async fn delete_secret(&self, name: &str) -> Result<(), VaultError>;
}

/// Why the vault did not answer. Every operation may simply be asked again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// Too much is waiting already. Try again shortly.
    #[error("the vault has no room for another request right now")]
    Busy,
    /// It cannot be read or written, or whether it was written is not known.
    #[error("the vault is not available: {0}")]
    Unavailable(String),
}
