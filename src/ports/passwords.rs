//! Hashing and verifying passwords.

use async_trait::async_trait;
use zeroize::Zeroizing;

/// Longer ones are refused before anything is computed; every byte of a shorter one counts.
pub const LONGEST_PASSWORD: usize = 1024;

/// Hashes and verifies passwords. A stranger can ask for this work, so implementations bound it.
#[async_trait]
pub trait Passwords: Send + Sync + 'static {
    /// The PHC text of `password` under a fresh salt.
    async fn hash(&self, password: Zeroizing<String>) -> Result<String, PasswordError>;

    /// Whether `password` is the one behind `phc`. Without a `phc` the answer is no, after as much work:
    /// how long it takes does not tell who has an account.
    async fn verify(
        &self,
        password: Zeroizing<String>,
        phc: Option<&str>,
    ) -> Result<bool, PasswordError>;
}

/// Why there is no answer about a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Longer than [`LONGEST_PASSWORD`].
    #[error("the password is longer than {LONGEST_PASSWORD} bytes")]
    TooLong,
    /// Too many are being hashed. Try again shortly.
    #[error("too many passwords are being hashed right now")]
    Busy,
    /// What is stored is not the PHC text of a hash.
    #[error("what is stored is not a password hash")]
    NotAHash,
    /// The computation failed.
    #[error("the password could not be hashed: {0}")]
    Failed(String),
}
