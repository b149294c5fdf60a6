//! Takes signing keys out of the published set once their last token has expired, and forgets their
//! private parts.

use std::{sync::Arc, time::Duration};

use super::incidents::own_work;
use crate::engine::{
    execute::Ledger,
    facts::Facts,
    signing::{Signing, SigningError},
};

/// How often.
const EVERY: Duration = Duration::from_secs(30);

/// What the process works with.
pub struct KeyKeeper {
    /// The signing keys.
    pub signing: Arc<Signing>,
    /// What is on record.
    pub facts: Facts,
    /// The log.
    pub ledger: Ledger,
    /// Publishes the keys that [`KeyKeeper::signing`] has now.
    pub publish: Box<dyn Fn() + Send + Sync>,
}

impl KeyKeeper {
    /// Works until `stop` says so.
    pub async fn run(self, mut stop: tokio::sync::watch::Receiver<bool>) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(EVERY) => {}
                _ = stop.changed() => return,
            }
            if let Err(failure) = self.retire().await {
                tracing::warn!(%failure, "signing keys could not be retired");
            }
        }
    }

    /// Retires what has had its time.
    pub async fn retire(&self) -> Result<(), SigningError> {
        let now = self.ledger.scribe.clock.now();
        let context = own_work("keys", now, &self.ledger);
        let retired = self.signing.retire(&self.facts, &self.ledger, context).await;
        // Also where only forgetting the private part failed.
        (self.publish)();
        retired
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{
        app::{Core, Parts},
        config::{Sources, load},
        jose::Alg,
        ports::{key_wrap::KeyWrap, vault::Vault},
        runtime::{
            clock::{Clock as _, FixedClock, SystemClock},
            entropy::Entropy,
        },
        store::{guard::memory::MemoryGuards, memory::MemoryLog, vault::memory::MemoryVault},
    };

    #[tokio::test]
    async fn a_replaced_key_is_published_until_its_time_and_then_destroyed() {
        let sources = Sources { demo: true, file: None, env: [], flags: Vec::new() };
        let clock = Arc::new(FixedClock::at(SystemClock.now()));
        let vault = Arc::new(MemoryVault::default());
        let directory = tempfile::tempdir().unwrap();
        let kek = crate::adapters::file_key_wrap::FileKeyWrap::create(
            &directory.path().join("kek"),
            Entropy::default(),
        );
        let parts = Parts {
            settings: load(sources).unwrap().settings,
            store: Arc::new(MemoryLog::new()),
            vault: Arc::clone(&vault) as Arc<dyn Vault>,
            guards: Arc::new(MemoryGuards::default()),
            key_wrap: Arc::new(kek.unwrap()) as Arc<dyn KeyWrap>,
            clock: Arc::clone(&clock) as _,
            entropy: Entropy::default(),
            listener: None,
            read_models: crate::feed::queries::ReadModels::Memory,
        };
        let Core { signing, facts, ledger, .. } = Core::build(&parts).await.unwrap();
        let published = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&published);
        let keeper = KeyKeeper {
            signing: Arc::clone(&signing),
            facts: facts.clone(),
            ledger: ledger.clone(),
            publish: Box::new(move || {
                count.fetch_add(1, Ordering::Relaxed);
            }),
        };
        let until = clock.now().plus_seconds(3_600);
        let mut kids = Vec::new();
        for _ in 0..2 {
            let context = own_work("test", clock.now(), &ledger);
            kids.push(signing.rotate(&facts, &ledger, Alg::ES256, until, context).await.unwrap());
        }
        let is_published = |kid: &str| signing.keys().jwks_json().contains(kid);

        clock.advance(3_599);
        keeper.retire().await.unwrap();
        assert!(is_published(&kids[0]) && is_published(&kids[1]));
        assert!(vault.secret(&kids[0]).await.unwrap().is_some());
        clock.advance(1);
        keeper.retire().await.unwrap();
        assert!(!is_published(&kids[0]) && is_published(&kids[1]));
        assert!(vault.secret(&kids[0]).await.unwrap().is_none());
        assert!(vault.secret(&kids[1]).await.unwrap().is_some());
        assert_eq!(published.load(Ordering::Relaxed), 2);
    }
}
