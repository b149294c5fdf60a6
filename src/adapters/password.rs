//! Passwords with Argon2id (RFC 9106), hashed on the blocking pool and only so many at a time.

use std::{fmt::Display, sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{
        self,
        phc::{Output, ParamsString, Salt},
    },
};
use async_trait::async_trait;
use tokio::{sync::Semaphore, task, time};
use zeroize::Zeroizing;

use crate::{
    ports::passwords::{LONGEST_PASSWORD, PasswordError, Passwords},
    runtime::entropy::Entropy,
};

/// For each one being hashed, so many may wait.
const WAITING_PER_PERMIT: usize = 16;
/// How long one may wait for its turn.
const PATIENCE: Duration = Duration::from_secs(2);
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = Params::DEFAULT_OUTPUT_LEN;

/// What a hash costs (RFC 9106 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// Hashes and verifies passwords. A stranger can ask for this work, so it is bounded: at most so many at a
/// time, at most so many waiting, none waiting long.
pub struct Argon2Passwords {
    argon2: Argon2<'static>,
    /// Of no password anybody can find; what is verified where there is no end-user or no password.
    dummy: String,
    entropy: Entropy,
    /// Those being hashed.
    turns: Arc<Semaphore>,
    /// Those being hashed or waiting for it.
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Argon2Passwords {
    /// New hashes cost `cost`; at most `concurrent` are computed at a time, each in `cost.memory_kib`.
    pub fn new(cost: Cost, concurrent: usize, entropy: Entropy) -> Result<Self, PasswordError> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None)
            .map_err(failed)?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = dummy(&argon2, &entropy)?;
        let concurrent = concurrent.max(1);
        Ok(Self {
            argon2,
            dummy,
            entropy,
            turns: Arc::new(Semaphore::new(concurrent)),
            places: Arc::new(Semaphore::new(concurrent * (1 + WAITING_PER_PERMIT))),
            patience: PATIENCE,
        })
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let place =
            Arc::clone(&self.places).try_acquire_owned().map_err(|_| PasswordError::Busy)?;
        let turn = time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| PasswordError::Busy)?
            .expect("nobody closes it");
        // Both go along: the work goes on, and counts, even where the caller stops waiting.
        task::spawn_blocking(move || {
            let _held = (place, turn);
            work()
        })
        .await
        .map_err(failed)?
    }
}

#[async_trait]
impl Passwords for Argon2Passwords {
    async fn hash(&self, password: Zeroizing<String>) -> Result<String, PasswordError> {
        check_length(&password)?;
        let (argon2, salt) = (self.argon2.clone(), self.entropy.bytes());
        self.in_turn(move || hash(&argon2, password.as_bytes(), &salt)).await
    }

    async fn verify(
        &self,
        password: Zeroizing<String>,
        phc: Option<&str>,
    ) -> Result<bool, PasswordError> {
        check_length(&password)?;
        let known = phc.is_some();
        let stored = parse(phc.unwrap_or(&self.dummy)).ok_or(PasswordError::NotAHash)?;
        let argon2 = self.argon2.clone();
        self.in_turn(move || match argon2.verify_password(password.as_bytes(), &stored) {
            Ok(()) => Ok(known),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(failed(error)),
        })
        .await
    }
}

fn check_length(password: &str) -> Result<(), PasswordError> {
    if password.len() > LONGEST_PASSWORD { Err(PasswordError::TooLong) } else { Ok(()) }
}

/// The text of a complete hash by some variant of Argon2.
fn parse(phc: &str) -> Option<PasswordHash> {
    PasswordHash::new(phc).ok().filter(|stored| {
        stored.salt.is_some()
            && stored.hash.is_some()
            && Algorithm::try_from(stored.algorithm.as_str()).is_ok()
            && Params::try_from(stored).is_ok()
    })
}

/// A hash that was never computed: salt and output are drawn. To verify against it costs as much as
/// against any other, and to find a password for it is to invert Argon2.
fn dummy(argon2: &Argon2<'_>, entropy: &Entropy) -> Result<String, PasswordError> {
    let drawn = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(failed)?,
        salt: Some(Salt::new(&entropy.bytes::<SALT_BYTES>()).map_err(failed)?),
        hash: Some(Output::new(&entropy.bytes::<OUTPUT_BYTES>()).map_err(failed)?),
    };
    Ok(drawn.to_string())
}

fn failed(cause: impl Display) -> PasswordError {
    PasswordError::Failed(cause.to_string())
}

fn hash(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8; SALT_BYTES],
) -> Result<String, PasswordError> {
    let hash = argon2.hash_password_with_salt(password, salt);
    hash.map(|hash| hash.to_string()).map_err(failed)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    const SCRYPT: &str = "$scrypt$ln=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    const TOO_CHEAP: &str = "$argon2id$v=19$m=1,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    const CHEAP: Cost = Cost { memory_kib: 64, iterations: 1, parallelism: 1 };

    fn passwords(cost: Cost, concurrent: usize) -> Argon2Passwords {
        Argon2Passwords::new(cost, concurrent, Entropy::default()).unwrap()
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[tokio::test]
    async fn only_the_same_bytes_verify() {
        let passwords = passwords(CHEAP, 2);
        let phc = passwords.hash(secret("pa\u{df}word")).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{phc}");
        assert_ne!(phc, passwords.hash(secret("pa\u{df}word")).await.unwrap());
        for (password, right) in [
            ("pa\u{df}word", true),
            ("password", false),
            ("pa\u{df}word ", false),
            ("PA\u{df}WORD", false),
            ("", false),
        ] {
            assert_eq!(passwords.verify(secret(password), Some(&phc)).await, Ok(right));
        }
    }

    #[tokio::test]
    async fn every_byte_counts_up_to_the_limit_and_none_beyond_is_hashed() {
        let passwords = passwords(CHEAP, 2);
        let longest = "x".repeat(LONGEST_PASSWORD);
        let phc = passwords.hash(secret(&longest)).await.unwrap();
        assert_eq!(passwords.verify(secret(&longest), Some(&phc)).await, Ok(true));
        let shorter = &longest[1..];
        assert_eq!(passwords.verify(secret(shorter), Some(&phc)).await, Ok(false));

        passwords.turns.close();
        let longer = longest + "x";
        assert_eq!(passwords.hash(secret(&longer)).await, Err(PasswordError::TooLong));
        for phc in [Some(phc.as_str()), None] {
            assert_eq!(passwords.verify(secret(&longer), phc).await, Err(PasswordError::TooLong));
        }
    }

    #[tokio::test]
    async fn an_unknown_user_never_verifies() {
        let mut passwords = passwords(CHEAP, 2);
        passwords.dummy = passwords.hash(secret("guessed")).await.unwrap();
        assert_eq!(passwords.verify(secret("guessed"), None).await, Ok(false));
        assert_eq!(passwords.verify(secret("other"), None).await, Ok(false));
    }

    #[tokio::test]
    async fn an_unknown_user_costs_as_much_as_a_known_one() {
        let mut passwords = passwords(CHEAP, 1);
        let new = passwords.hash(secret("new")).await.unwrap();
        let shape = |phc: &str| {
            let parts: Vec<_> = phc.split('$').map(str::to_owned).collect();
            (parts[..4].to_vec(), parts[4].len(), parts[5].len(), parts.len())
        };
        assert_eq!(shape(&passwords.dummy), shape(&new), "it costs what new hashes cost");

        // Only who computes a hash notices a version that does not exist.
        passwords.dummy = passwords.dummy.replace("v=19", "v=18");
        let computed = |answer| matches!(answer, Err(PasswordError::Failed(_)));
        assert!(computed(passwords.verify(secret("x"), Some(&passwords.dummy)).await));
        assert!(computed(passwords.verify(secret("x"), None).await));
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_verifies() {
        let old = passwords(CHEAP, 1);
        let new = passwords(Cost { iterations: 2, ..CHEAP }, 1);
        let phc = old.hash(secret("right")).await.unwrap();
        assert_eq!(new.verify(secret("right"), Some(&phc)).await, Ok(true));
    }

    #[tokio::test]
    async fn what_is_no_hash_is_an_error_and_not_a_wrong_password() {
        let passwords = passwords(CHEAP, 1);
        for stored in ["", "plain", "$argon2id$v=19$m=64", SCRYPT, TOO_CHEAP] {
            let answer = passwords.verify(secret("plain"), Some(stored)).await;
            assert_eq!(answer, Err(PasswordError::NotAHash), "{stored}");
        }
        let cost = Cost { memory_kib: 1, ..CHEAP };
        let refused = Argon2Passwords::new(cost, 1, Entropy::default());
        assert!(matches!(refused, Err(PasswordError::Failed(_))));
    }

    #[tokio::test]
    async fn who_finds_no_place_or_waits_too_long_is_turned_away() {
        let mut passwords = passwords(CHEAP, 1);
        passwords.patience = Duration::from_millis(20);
        let turn = Arc::clone(&passwords.turns).acquire_owned().await.unwrap();
        let places = 1 + WAITING_PER_PERMIT;
        let waiting = (0..places).map(|_| passwords.verify(secret("x"), None));
        let crowd = async {
            let too_many = passwords.verify(secret("x"), None).await;
            assert_eq!(too_many, Err(PasswordError::Busy));
        };
        let (answers, ()) = futures_util::future::join(join_all(waiting), crowd).await;
        assert!(answers.iter().all(|answer| *answer == Err(PasswordError::Busy)));

        drop(turn);
        assert_eq!(passwords.places.available_permits(), places);
        assert_eq!(passwords.verify(secret("x"), None).await, Ok(false));
    }
}
