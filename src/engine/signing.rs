//! The signing keys in memory: private parts from the vault, their state from the keyring's stream.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use moneta_events::{Timestamp, keyring::Generated};
use moneta_projections::keyring::{KeyState, KeyringView};

use super::{
    execute::Ledger,
    facts::{Facts, NoView, keyring_stream},
    order::{Context, Failure, Order},
};
use crate::{
    domain::keyring::{Command, Keyring},
    jose::{Alg, Jwk, KeySet, SigningKey},
    ports::{
        key_wrap::{KeyWrap, Purpose},
        vault::{Vault, VaultError},
    },
    runtime::entropy::Entropy,
};

/// Why keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The keyring cannot be read.
    #[error(transparent)]
    NoView(#[from] NoView),
    /// The keyring cannot be written.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The vault does not answer.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A private part is missing or does not fit.
    #[error("signing key {kid}: {cause}")]
    Key {
        /// Which one.
        kid: String,
        /// What is wrong with it.
        cause: String,
    },
}

/// The signing keys of this node, swapped as a whole when they change.
pub struct Signing {
    current: ArcSwap<KeySet>,
    vault: Arc<dyn Vault>,
    key_wrap: Arc<dyn KeyWrap>,
    entropy: Entropy,
}

impl Signing {
    /// Loads the keys on record.
    pub async fn load(
        facts: &Facts,
        vault: Arc<dyn Vault>,
        key_wrap: Arc<dyn KeyWrap>,
        ledger: &Ledger,
    ) -> Result<Self, SigningError> {
        let entropy = ledger.scribe.entropy.clone();
        let empty = KeySet::new(Vec::new(), &[]).map_err(|cause| of("(none)", &cause))?;
        let signing = Self { current: ArcSwap::from_pointee(empty), vault, key_wrap, entropy };
        signing.reload(facts, ledger.scribe.clock.now()).await?;
        Ok(signing)
    }

    /// The keys.
    pub fn keys(&self) -> Guard<Arc<KeySet>> {
        self.current.load()
    }

    /// Reads the keyring again; needed when a key was added or its time is over.
    pub async fn reload(&self, facts: &Facts, now: Timestamp) -> Result<(), SigningError> {
        let keyring = facts.keyring().await?;
        self.current.store(Arc::new(self.key_set(&keyring.view, now).await?));
        Ok(())
    }

    async fn key_set(&self, keyring: &KeyringView, now: Timestamp) -> Result<KeySet, SigningError> {
        let mut active = Vec::new();
        let mut others = Vec::new();
        for key in keyring.published(now) {
            if key.state == KeyState::Active {
                active.push(Arc::new(self.private(&key.kid, &key.alg).await?));
            } else {
                others.push(Jwk::parse(&key.public_jwk).map_err(|cause| of(&key.kid, &cause))?);
            }
        }
        KeySet::new(active, &others).map_err(|cause| of("(set)", &cause))
    }

    async fn private(&self, kid: &str, alg: &str) -> Result<SigningKey, SigningError> {
        let missing = "its private part is not in the vault";
        let wrapped = self.vault.secret(kid).await?.ok_or_else(|| of(kid, &missing))?;
        let pkcs8 = self
            .key_wrap
            .unwrap(&wrapped, Purpose::Secret(kid))
            .map_err(|cause| of(kid, &cause))?;
        let alg: Alg = alg.parse().map_err(|cause| of(kid, &cause))?;
        SigningKey::from_pkcs8(kid, alg, &pkcs8, &self.entropy).map_err(|cause| of(kid, &cause))
    }

    /// Makes a key for `alg`, keeps its private part in the vault and lets it sign from now on. The key
    /// before it stays published until `published_until`. Answers with the new `kid`.
    pub async fn rotate(
        &self,
        facts: &Facts,
        ledger: &Ledger,
        alg: Alg,
        published_until: Timestamp,
        context: Context,
    ) -> Result<String, SigningError> {
        let now = context.now;
        let entropy = self.entropy.clone();
        let made = tokio::task::spawn_blocking(move || {
            let pkcs8 = SigningKey::generate(alg, &entropy).map_err(|cause| cause.to_string())?;
            let unnamed = SigningKey::from_pkcs8("unnamed", alg, &pkcs8, &entropy)
                .map_err(|cause| cause.to_string())?;
            let kid = unnamed.public_jwk().thumbprint().to_string();
            let named = SigningKey::from_pkcs8(&kid, alg, &pkcs8, &entropy)
                .map_err(|cause| cause.to_string())?;
            Ok::<_, String>((pkcs8, kid, named.public_jwk().to_json()))
        });
        let made = made.await.map_err(|cause| of("(new)", &cause))?;
        let (pkcs8, kid, public_jwk) = made.map_err(|cause| of("(new)", &cause))?;
        let wrapped = self.key_wrap.wrap(&pkcs8, Purpose::Secret(&kid));
        self.vault.put_secret(&kid, wrapped).await?;
        let key = Generated { kid: kid.clone(), alg: alg.as_str().to_owned(), public_jwk };
        let command = Command::Rotate { key, published_until };
        let order = Order::<Keyring> { id: self.entropy.uuid(now), command, context };
        ledger.tell(keyring_stream(), &order).await?;
        self.reload(facts, now).await?;
        Ok(kid)
    }

    /// Puts on record which keys have had their time, and forgets their private parts.
    pub async fn retire(
        &self,
        facts: &Facts,
        ledger: &Ledger,
        context: Context,
    ) -> Result<(), SigningError> {
        let now = context.now;
        let keyring = facts.keyring().await?;
        let due: Vec<String> = keyring
            .view
            .keys
            .iter()
            .filter(|key| matches!(key.state, KeyState::Retiring { published_until } if published_until <= now))
            .map(|key| key.kid.to_string())
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let command = Command::Retire(now);
        let order = Order::<Keyring> { id: self.entropy.uuid(now), command, context };
        ledger.tell(keyring_stream(), &order).await?;
        for kid in due {
            self.vault.delete_secret(&kid).await?;
        }
        self.reload(facts, now).await
    }
}

fn of(kid: &str, cause: &dyn std::fmt::Display) -> SigningError {
    SigningError::Key { kid: kid.to_owned(), cause: cause.to_string() }
}
