//! Encrypts keys under a key of keys, so that the vault holds nothing readable by itself.

use moneta_events::StreamId;
use zeroize::Zeroizing;

/// Wraps and unwraps secrets under a key-encryption key (KEK), of which there may be several by age:
/// each is an epoch, the newest one wraps, all of them unwrap.
pub trait KeyWrap: Send + Sync + 'static {
    /// Encrypts `secret` under the newest epoch, whose number travels in the result.
    fn wrap(&self, secret: &[u8], purpose: Purpose<'_>) -> Vec<u8>;

    /// Decrypts what [`KeyWrap::wrap`] made for the same `purpose`.
    fn unwrap(
        &self,
        wrapped: &[u8],
        purpose: Purpose<'_>,
    ) -> Result<Zeroizing<Vec<u8>>, KeyWrapError>;

    /// A key for `label`, by HKDF-SHA256 (RFC 5869) from the oldest epoch: a new epoch leaves it as it is.
    fn derive(&self, label: &str) -> DerivedKey;

    /// A key for `label` from each epoch with the epoch's number, the newest last; never empty. For what
    /// carries the number of its epoch and outlives it.
    fn derive_each(&self, label: &str) -> Vec<(u8, DerivedKey)>;
}

/// A derived key, wiped when dropped.
pub type DerivedKey = Zeroizing<[u8; 32]>;

/// What a wrapped secret is. Authenticated with it, so that one cannot be passed off as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// The data key of a stream.
    DataKey(StreamId),
    /// A secret of the provider, by its name in the vault.
    Secret(&'a str),
}

/// Why a wrapped secret cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyWrapError {
    /// The bytes are not in a form this version writes.
    #[error("not a wrapped secret")]
    Malformed,
    /// Its key-encryption key is not at hand.
    #[error("wrapped under epoch {0} of the key-encryption key, which is not in the key file")]
    UnknownEpoch(u8),
    /// It was changed, moved, or wrapped under another key of the same number.
    #[error("the wrapped secret does not belong here or is not from this key-encryption key")]
    NotAuthentic,
}
