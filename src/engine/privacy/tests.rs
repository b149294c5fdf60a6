use std::sync::atomic::AtomicUsize;

use async_trait::async_trait;
use futures_util::future::join_all;
use moneta_events::Category;
use proptest::prelude::*;
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

use super::*;
use crate::{adapters::file_key_wrap::FileKeyWrap, store::vault::memory::MemoryVault};

const EVENT: &str = "transaction.requested";
const HANDED_OVER: (&str, &str) = ("transaction.authenticated", "transaction_key");

fn stream(category: Category, number: u128) -> StreamId {
    StreamId::new(category, Uuid::from_u128(number))
}

fn alice() -> StreamId {
    stream(Category::Subject, 1)
}

fn bob() -> StreamId {
    stream(Category::Subject, 2)
}

fn transaction() -> StreamId {
    stream(Category::Transaction, 1)
}

fn key_wrap() -> Arc<dyn KeyWrap> {
    let directory = tempfile::tempdir().unwrap();
    Arc::new(FileKeyWrap::create(&directory.path().join("kek"), Entropy::default()).unwrap())
}

fn privacy_with(vault: Arc<dyn Vault>, key_wrap: Arc<dyn KeyWrap>) -> Privacy {
    Privacy::new(vault, key_wrap, Entropy::default(), 100)
}

fn privacy() -> Privacy {
    privacy_with(Arc::new(MemoryVault::default()), key_wrap())
}

fn loose_key(owner: StreamId, byte: u8) -> DataKey {
    DataKey::new(owner, &[byte; KEY_BYTES]).unwrap()
}

async fn sealed(privacy: &Privacy, owner: StreamId, text: &str) -> Sealed {
    let key = privacy.data_key(owner).await.unwrap();
    key.seal(transaction(), EVENT, "state", text.as_bytes(), &Entropy::default())
}

async fn opened(privacy: &Privacy, field: &Sealed) -> Result<String, Unreadable> {
    let bytes = privacy.open(field, transaction(), EVENT, "state").await?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn a_field_opens_again_also_after_a_restart() {
    let vault = Arc::new(MemoryVault::default());
    let key_wrap = key_wrap();
    let before = privacy_with(vault.clone(), Arc::clone(&key_wrap));
    let field = sealed(&before, alice(), "hello").await;
    assert_eq!(opened(&before, &field).await.as_deref(), Ok("hello"));

    let after = privacy_with(vault.clone(), key_wrap);
    assert_eq!(opened(&after, &field).await.as_deref(), Ok("hello"));
    let stored = vault.get(alice()).await.unwrap().unwrap();
    let key = after.data_key(alice()).await.unwrap();
    assert!(!stored.windows(KEY_BYTES).any(|window| window == *key.0.bytes));
}

#[tokio::test]
async fn the_same_text_never_seals_alike() {
    let privacy = privacy();
    let (one, two) =
        (sealed(&privacy, alice(), "hello").await, sealed(&privacy, alice(), "hello").await);
    assert_ne!(one.nonce, two.nonce);
    assert_ne!(one.ciphertext, two.ciphertext);
}

#[tokio::test]
async fn forgetting_one_owner_leaves_the_others_readable() {
    let privacy = privacy();
    let of_alice = sealed(&privacy, alice(), "alice").await;
    let of_bob = sealed(&privacy, bob(), "bob").await;
    privacy.forget(alice()).await.unwrap();
    assert_eq!(opened(&privacy, &of_alice).await, Err(Unreadable::Erased));
    assert_eq!(privacy.existing_key(alice()).await.unwrap().map(|key| key.owner()), None);
    assert_eq!(opened(&privacy, &of_bob).await.as_deref(), Ok("bob"));
    privacy.forget(alice()).await.unwrap();
}

#[test]
fn a_field_opens_only_where_it_was_sealed() {
    let key = loose_key(alice(), 1);
    let field = key.seal(transaction(), EVENT, "state", b"text", &Entropy::default());
    let open = |field: &Sealed, stream, event_type, name| {
        key.open(field, stream, event_type, name).map(|text| text.to_vec())
    };
    assert_eq!(open(&field, transaction(), EVENT, "state"), Ok(b"text".to_vec()));

    let other_stream = stream(Category::Transaction, 2);
    let other_category = stream(Category::Session, 1);
    for (stream, event_type, name) in [
        (other_stream, EVENT, "state"),
        (other_category, EVENT, "state"),
        (transaction(), "transaction.denied", "state"),
        (transaction(), EVENT, "login_hint"),
        (transaction(), "transaction.requesteds", "tate"),
    ] {
        assert_eq!(open(&field, stream, event_type, name), Err(Unreadable::Tampered));
    }
    let of_bob = Sealed { owner: bob(), ..field.clone() };
    assert_eq!(open(&of_bob, transaction(), EVENT, "state"), Err(Unreadable::Tampered));
    let other_key = loose_key(alice(), 2);
    let with_other_key = other_key.open(&field, transaction(), EVENT, "state");
    assert_eq!(with_other_key.map(drop), Err(Unreadable::Tampered));
}

proptest! {
    #[test]
    fn any_change_of_a_field_is_noticed(
        text in prop::collection::vec(any::<u8>(), 0..100),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
    ) {
        let key = loose_key(alice(), 1);
        let field = key.seal(transaction(), EVENT, "state", &text, &Entropy::default());
        let open = |field: &Sealed| key.open(field, transaction(), EVENT, "state");
        prop_assert_eq!(&*open(&field).unwrap(), &text);

        let mut changed = field.clone();
        let at = at.index(changed.ciphertext.len() + changed.nonce.len());
        match changed.ciphertext.get_mut(at) {
            Some(byte) => *byte ^= 1 << bit,
            None => changed.nonce[at - field.ciphertext.len()] ^= 1 << bit,
        }
        prop_assert_eq!(open(&changed).map(drop), Err(Unreadable::Tampered));
        let shorter = Sealed { ciphertext: field.ciphertext[1..].into(), ..field };
        prop_assert_eq!(open(&shorter).map(drop), Err(Unreadable::Tampered));
    }
}

#[tokio::test]
async fn a_transaction_key_moves_under_the_subjects_and_dies_with_it() {
    let (event_type, name) = HANDED_OVER;
    let vault = Arc::new(MemoryVault::default());
    let key_wrap = key_wrap();
    let privacy = privacy_with(vault.clone(), Arc::clone(&key_wrap));
    let state = sealed(&privacy, transaction(), "state").await;
    let key = privacy.data_key(transaction()).await.unwrap();
    let of_alice = privacy.data_key(alice()).await.unwrap();
    let handed = privacy.seal_key(&key, &of_alice, transaction(), event_type, name);
    privacy.forget(transaction()).await.unwrap();
    assert_eq!(vault.get(transaction()).await, Ok(None));

    for privacy in [&privacy, &privacy_with(vault.clone(), key_wrap)] {
        assert_eq!(opened(privacy, &state).await, Err(Unreadable::Erased));
        let key = privacy.recover(transaction(), &handed, transaction(), event_type, name).await;
        let text = key.unwrap().open(&state, transaction(), EVENT, "state").unwrap();
        assert_eq!(*text, b"state");
        assert_eq!(opened(privacy, &state).await.as_deref(), Ok("state"), "kept in memory");
        let moved = privacy.recover(transaction(), &handed, transaction(), EVENT, name).await;
        assert_eq!(moved.map(drop), Err(Unreadable::Tampered));
    }

    privacy.forget(alice()).await.unwrap();
    assert_eq!(opened(&privacy, &state).await, Err(Unreadable::Erased));
    let key = privacy.recover(transaction(), &handed, transaction(), event_type, name).await;
    assert_eq!(key.map(drop), Err(Unreadable::Erased));
}

#[tokio::test(flavor = "multi_thread")]
async fn racing_first_uses_agree_on_one_key_on_one_node_and_on_two() {
    let vault: Arc<dyn Vault> = Arc::new(MemoryVault::default());
    let key_wrap = key_wrap();
    let nodes = [(); 2].map(|()| Arc::new(privacy_with(Arc::clone(&vault), Arc::clone(&key_wrap))));
    let users = (0..64).map(|user| {
        let node = Arc::clone(&nodes[user % 2]);
        tokio::spawn(async move { node.data_key(alice()).await.unwrap() })
    });
    let keys: Vec<_> = join_all(users).await.into_iter().map(Result::unwrap).collect();
    assert!(keys.iter().all(|key| key.0.bytes == keys[0].0.bytes));
}

#[tokio::test]
async fn the_cache_never_outgrows_its_bound() {
    let vault: Arc<dyn Vault> = Arc::new(MemoryVault::default());
    let privacy = Privacy::new(vault, key_wrap(), Entropy::default(), 10);
    let first = sealed(&privacy, stream(Category::Subject, 100), "first").await;
    for number in 101..200 {
        privacy.data_key(stream(Category::Subject, number)).await.unwrap();
        assert!(privacy.cache.len() <= 10);
    }
    assert_eq!(opened(&privacy, &first).await.as_deref(), Ok("first"));
}

/// Lets a read happen, and holds its answer back until it is told to go on; deletes when it is told.
struct SlowVault {
    inner: MemoryVault,
    reads: AtomicUsize,
    read: Notify,
    go_on: Semaphore,
    deletions: Semaphore,
}

#[async_trait]
impl Vault for SlowVault {
    async fn get(&self, owner: StreamId) -> Result<Option<Vec<u8>>, VaultError> {
        let found = self.inner.get(owner).await;
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.read.notify_one();
        self.go_on.acquire().await.unwrap().forget();
        found
    }

    async fn put_new(&self, owner: StreamId, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        self.inner.put_new(owner, wrapped).await
    }

    async fn delete(&self, owner: StreamId) -> Result<(), VaultError> {
        self.deletions.acquire().await.unwrap().forget();
        self.inner.delete(owner).await
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        self.inner.secret(name).await
    }

    async fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        self.inner.secrets().await
    }

    async fn put_secret(&self, name: &str, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        self.inner.put_secret(name, wrapped).await
    }

    async fn delete_secret(&self, name: &str) -> Result<(), VaultError> {
        self.inner.delete_secret(name).await
    }
}

fn slow() -> (Arc<SlowVault>, Arc<Privacy>) {
    let vault = Arc::new(SlowVault {
        inner: MemoryVault::default(),
        reads: AtomicUsize::new(0),
        read: Notify::new(),
        go_on: Semaphore::new(1),
        deletions: Semaphore::new(100),
    });
    let privacy = Arc::new(privacy_with(vault.clone(), key_wrap()));
    (vault, privacy)
}

#[tokio::test]
async fn a_key_read_before_it_was_forgotten_does_not_come_back() {
    let (vault, privacy) = slow();
    let field = sealed(&privacy, alice(), "alice").await;
    vault.read.notified().await;
    privacy.cache.clear();

    let reader = tokio::spawn({
        let (privacy, field) = (Arc::clone(&privacy), field.clone());
        async move { opened(&privacy, &field).await }
    });
    vault.read.notified().await;
    privacy.forget(alice()).await.unwrap();
    vault.go_on.add_permits(2);
    assert!(reader.await.unwrap().is_ok(), "it asked before");
    assert_eq!(opened(&privacy, &field).await, Err(Unreadable::Erased));
}

#[tokio::test]
async fn a_key_read_while_it_is_being_forgotten_does_not_come_back() {
    let (vault, privacy) = slow();
    let field = sealed(&privacy, alice(), "alice").await;
    vault.read.notified().await;
    vault.deletions.forget_permits(100);

    let forgetting = tokio::spawn({
        let privacy = Arc::clone(&privacy);
        async move { privacy.forget(alice()).await }
    });
    let reader = tokio::spawn({
        let (privacy, field) = (Arc::clone(&privacy), field.clone());
        async move { opened(&privacy, &field).await }
    });
    vault.read.notified().await;
    vault.deletions.add_permits(1);
    forgetting.await.unwrap().unwrap();
    vault.go_on.add_permits(2);
    assert!(reader.await.unwrap().is_ok(), "it asked before");
    assert_eq!(opened(&privacy, &field).await, Err(Unreadable::Erased));
}

#[tokio::test]
async fn a_key_recovered_while_its_subject_is_forgotten_is_not_kept() {
    let (event_type, name) = HANDED_OVER;
    let (vault, privacy) = slow();
    vault.go_on.add_permits(1);
    let state = sealed(&privacy, transaction(), "state").await;
    let key = privacy.data_key(transaction()).await.unwrap();
    let of_alice = privacy.data_key(alice()).await.unwrap();
    let handed = privacy.seal_key(&key, &of_alice, transaction(), event_type, name);
    privacy.forget(transaction()).await.unwrap();
    privacy.cache.clear();
    vault.read.notified().await;

    let recovering = tokio::spawn({
        let privacy = Arc::clone(&privacy);
        async move {
            privacy.recover(transaction(), &handed, transaction(), event_type, name).await.map(drop)
        }
    });
    vault.read.notified().await;
    privacy.forget(alice()).await.unwrap();
    vault.go_on.add_permits(2);
    assert_eq!(recovering.await.unwrap(), Ok(()), "it asked before");
    assert_eq!(opened(&privacy, &state).await, Err(Unreadable::Erased));
}

#[tokio::test]
async fn many_who_want_one_key_cause_one_read() {
    let (vault, privacy) = slow();
    privacy.data_key(alice()).await.unwrap();
    privacy.cache.clear();
    vault.go_on.add_permits(100);
    let keys = (0..50).map(|_| privacy.existing_key(alice()));
    assert!(join_all(keys).await.into_iter().all(|key| key.unwrap().is_some()));
    assert_eq!(vault.reads.load(Ordering::SeqCst), 2);
}
