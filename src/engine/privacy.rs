//! Seals personal fields before an order and opens them for those allowed.
//!
//! Every field is under the data key of its owner: the subject, or the transaction while its end-user is
//! not known. At authentication the transaction's key goes into the event itself, sealed under the
//! subject's, and leaves the vault. Deleting a subject's key then makes everything about them unreadable,
//! and no stored byte of the log changes.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use moneta_events::{Category, Sealed, StreamId};
use quick_cache::sync::Cache;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::{
    ports::{
        key_wrap::{KeyWrap, KeyWrapError, Purpose},
        vault::{Vault, VaultError},
    },
    runtime::entropy::Entropy,
};

const KEY_BYTES: usize = 32;

/// The data key of one owner. Cheap to clone; its bytes are wiped when the last clone goes. (What the
/// cipher expanded them to is not: ring does not wipe it.)
#[derive(Clone)]
pub struct DataKey(Arc<Parts>);

struct Parts {
    owner: StreamId,
    bytes: Zeroizing<[u8; KEY_BYTES]>,
    cipher: LessSafeKey,
}

impl DataKey {
    fn new(owner: StreamId, bytes: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(<[u8; KEY_BYTES]>::try_from(bytes).ok()?);
        let cipher = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &*bytes).ok()?);
        Some(Self(Arc::new(Parts { owner, bytes, cipher })))
    }

    /// Whose key it is.
    pub fn owner(&self) -> StreamId {
        self.0.owner
    }

    /// Encrypts a field of an event. It opens again only as the same field of the same event type in the
    /// same stream.
    pub fn seal(
        &self,
        stream: StreamId,
        event_type: &str,
        field: &str,
        plaintext: &[u8],
        entropy: &Entropy,
    ) -> Sealed {
        let nonce = entropy.bytes();
        // All the room at once: growing would leave a copy of the plaintext behind.
        let mut text = Vec::with_capacity(plaintext.len() + AES_256_GCM.tag_len());
        text.extend_from_slice(plaintext);
        self.0
            .cipher
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                place(stream, event_type, field),
                &mut text,
            )
            .expect("AES-GCM takes up to 64 GiB");
        Sealed { owner: self.0.owner, nonce, ciphertext: text.into_boxed_slice() }
    }

    /// Decrypts what [`DataKey::seal`] made in the same place.
    pub fn open(
        &self,
        sealed: &Sealed,
        stream: StreamId,
        event_type: &str,
        field: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        if sealed.owner != self.0.owner {
            return Err(Unreadable::Tampered);
        }
        let mut text = Zeroizing::new(sealed.ciphertext.to_vec());
        let length = self
            .0
            .cipher
            .open_in_place(
                Nonce::assume_unique_for_key(sealed.nonce),
                place(stream, event_type, field),
                &mut text,
            )
            .map_err(|_| Unreadable::Tampered)?
            .len();
        text.truncate(length);
        Ok(text)
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataKey(of {})", self.0.owner)
    }
}

/// The associated data: stream, event type and field, each with its length before it.
fn place(stream: StreamId, event_type: &str, field: &str) -> Aad<Vec<u8>> {
    let stream = stream.to_string();
    let parts = [&stream, event_type, field];
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| 8 + part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    Aad::from(bytes)
}

/// Finds, makes and destroys data keys.
pub struct Privacy {
    vault: Arc<dyn Vault>,
    key_wrap: Arc<dyn KeyWrap>,
    entropy: Entropy,
    cache: Cache<StreamId, Cached>,
    /// Counts [`Privacy::forget`], so that a key on its way into the cache is not kept past it.
    forgotten: AtomicU64,
}

#[derive(Clone)]
struct Cached {
    key: DataKey,
    /// Whose key it is sealed under in the log; it is forgotten with that one.
    under: Option<StreamId>,
}

impl Privacy {
    /// Keeps at most `cached` keys in memory.
    pub fn new(
        vault: Arc<dyn Vault>,
        key_wrap: Arc<dyn KeyWrap>,
        entropy: Entropy,
        cached: usize,
    ) -> Self {
        let (cache, forgotten) = (Cache::new(cached), AtomicU64::new(0));
        Self { vault, key_wrap, entropy, cache, forgotten }
    }

    /// The key of `owner`, made now if there is none; it is durable before anything is sealed under it.
    /// Not for a transaction whose end-user is known: what comes later belongs to the subject.
    pub async fn data_key(&self, owner: StreamId) -> Result<DataKey, PrivacyError> {
        let vacant = match self.cache.get_value_or_guard_async(&owner).await {
            Ok(cached) => return Ok(cached.key),
            Err(vacant) => vacant,
        };
        let wrapped = if let Some(wrapped) = self.vault.get(owner).await? {
            wrapped
        } else {
            let fresh = Zeroizing::new(self.entropy.bytes::<KEY_BYTES>());
            let wrapped = self.key_wrap.wrap(&*fresh, Purpose::DataKey(owner));
            self.vault.put_new(owner, wrapped).await?
        };
        let key = self.unwrap(owner, &wrapped)?;
        // Refused where the key was forgotten meanwhile; it must not come back by the cache.
        let _ = vacant.insert(Cached { key: key.clone(), under: None });
        Ok(key)
    }

    /// The key of `owner`, if it has one in the vault or in memory.
    pub async fn existing_key(&self, owner: StreamId) -> Result<Option<DataKey>, PrivacyError> {
        let vacant = match self.cache.get_value_or_guard_async(&owner).await {
            Ok(cached) => return Ok(Some(cached.key)),
            Err(vacant) => vacant,
        };
        let Some(wrapped) = self.vault.get(owner).await? else { return Ok(None) };
        let key = self.unwrap(owner, &wrapped)?;
        let _ = vacant.insert(Cached { key: key.clone(), under: None });
        Ok(Some(key))
    }

    /// Opens a field with its owner's key.
    pub async fn open(
        &self,
        sealed: &Sealed,
        stream: StreamId,
        event_type: &str,
        field: &str,
    ) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        let key = self.existing_key(sealed.owner).await?.ok_or(Unreadable::Erased)?;
        key.open(sealed, stream, event_type, field)
    }

    /// Seals the key `of` under another as a field of an event, from which [`Privacy::recover`] gets it.
    pub fn seal_key(
        &self,
        of: &DataKey,
        under: &DataKey,
        stream: StreamId,
        event_type: &str,
        field: &str,
    ) -> Sealed {
        under.seal(stream, event_type, field, &*of.0.bytes, &self.entropy)
    }

    /// Gets the key of `owner` back from an event that [`Privacy::seal_key`] sealed it into. It stays in
    /// memory for the next to ask, no longer than the key it was sealed under.
    pub async fn recover(
        &self,
        owner: StreamId,
        sealed: &Sealed,
        stream: StreamId,
        event_type: &str,
        field: &str,
    ) -> Result<DataKey, Unreadable> {
        let before = self.forgotten.load(Ordering::SeqCst);
        let bytes = self.open(sealed, stream, event_type, field).await?;
        let key = DataKey::new(owner, &bytes).ok_or(Unreadable::Tampered)?;
        self.remember(key.clone(), sealed.owner, before);
        Ok(key)
    }

    /// Destroys the key of `owner`. After a subject's, nothing about them can be read again, by anybody;
    /// after a transaction's, only what [`Privacy::recover`] gets its key for. Deleting twice is no error,
    /// and a deletion that was not answered is to be repeated.
    pub async fn forget(&self, owner: StreamId) -> Result<(), PrivacyError> {
        // Here too, in case the caller stops waiting for the vault.
        self.cache.remove(&owner);
        self.vault.delete(owner).await?;
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.cache.remove(&owner);
        // Nothing is ever sealed under a transaction's key but fields, and theirs go at every sign-in.
        if owner.category != Category::Transaction {
            self.cache.retain(|_, cached| cached.under != Some(owner));
        }
        Ok(())
    }

    /// Caches `key` unless something was forgotten since `before`. Looked at after the insertion:
    /// [`Privacy::forget`] counts before it clears, so one of the two sees the other.
    fn remember(&self, key: DataKey, under: StreamId, before: u64) {
        let owner = key.owner();
        self.cache.insert(owner, Cached { key, under: Some(under) });
        if self.forgotten.load(Ordering::SeqCst) != before {
            self.cache.remove(&owner);
        }
    }

    fn unwrap(&self, owner: StreamId, wrapped: &[u8]) -> Result<DataKey, PrivacyError> {
        let bytes = self.key_wrap.unwrap(wrapped, Purpose::DataKey(owner))?;
        DataKey::new(owner, &bytes).ok_or(PrivacyError::KeyWrap(KeyWrapError::Malformed))
    }
}

/// Why a data key is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrivacyError {
    /// The vault did not answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What the vault holds does not open.
    #[error(transparent)]
    KeyWrap(#[from] KeyWrapError),
}

/// Why a sealed field does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Its key was destroyed; nobody can read it.
    #[error("erased: its key was destroyed")]
    Erased,
    /// It was changed or moved, or was sealed under another key.
    #[error("it is not what was sealed here")]
    Tampered,
    /// Whether it can be read is not known at the moment.
    #[error(transparent)]
    NoKey(#[from] PrivacyError),
}

#[cfg(test)]
mod tests;
