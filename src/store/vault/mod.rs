//! Where wrapped keys live. In: wrapped keys by owner or name. Out: the same bytes, until they are deleted.
//! Called through `ports::vault` by `engine::privacy` and whoever keeps the signing keys; opened by `app`.

pub mod memory;
pub mod sqlite;
mod writer;

/// What every vault must do.
#[cfg(test)]
mod contract {
    use std::sync::Arc;

    use futures_util::future::join_all;
    use moneta_events::{Category, StreamId};
    use uuid::Uuid;

    use crate::ports::vault::Vault;

    pub(super) fn subject(number: u128) -> StreamId {
        StreamId::new(Category::Subject, Uuid::from_u128(number))
    }

    pub(super) async fn holds(vault: Arc<dyn Vault>) {
        the_first_writer_wins(&*vault).await;
        racing_writers_agree(&vault).await;
        what_is_deleted_is_gone_and_the_rest_stays(&*vault).await;
        names_and_owners_do_not_mix(&*vault).await;
    }

    async fn the_first_writer_wins(vault: &dyn Vault) {
        assert_eq!(vault.get(subject(1)).await, Ok(None));
        assert_eq!(vault.put_new(subject(1), b"first".to_vec()).await, Ok(b"first".to_vec()));
        assert_eq!(vault.put_new(subject(1), b"second".to_vec()).await, Ok(b"first".to_vec()));
        assert_eq!(vault.get(subject(1)).await, Ok(Some(b"first".to_vec())));
        assert_eq!(vault.put_secret("kid", b"first".to_vec()).await, Ok(b"first".to_vec()));
        assert_eq!(vault.put_secret("kid", b"second".to_vec()).await, Ok(b"first".to_vec()));
        assert_eq!(vault.secret("kid").await, Ok(Some(b"first".to_vec())));
    }

    async fn racing_writers_agree(vault: &Arc<dyn Vault>) {
        let racers = (0..64_u8).map(|racer| {
            let vault = Arc::clone(vault);
            tokio::spawn(async move { vault.put_new(subject(2), vec![racer]).await.unwrap() })
        });
        let answers: Vec<_> = join_all(racers).await.into_iter().map(Result::unwrap).collect();
        let stored = vault.get(subject(2)).await.unwrap().unwrap();
        assert!(answers.iter().all(|answer| *answer == stored));
    }

    async fn what_is_deleted_is_gone_and_the_rest_stays(vault: &dyn Vault) {
        for number in [3, 4] {
            vault.put_new(subject(number), b"key".to_vec()).await.unwrap();
        }
        for _ in 0..2 {
            assert_eq!(vault.delete(subject(3)).await, Ok(()));
            assert_eq!(vault.get(subject(3)).await, Ok(None));
        }
        assert_eq!(vault.get(subject(4)).await, Ok(Some(b"key".to_vec())));
        assert_eq!(vault.put_new(subject(3), b"new".to_vec()).await, Ok(b"new".to_vec()));

        vault.put_secret("another", b"key".to_vec()).await.unwrap();
        assert_eq!(vault.delete_secret("kid").await, Ok(()));
        assert_eq!(vault.secret("kid").await, Ok(None));
        assert_eq!(vault.secrets().await, Ok(vec![("another".to_owned(), b"key".to_vec())]));
    }

    async fn names_and_owners_do_not_mix(vault: &dyn Vault) {
        let owner = subject(5);
        let transaction = StreamId::new(Category::Transaction, owner.uuid);
        vault.put_new(owner, b"key".to_vec()).await.unwrap();
        assert_eq!(vault.get(transaction).await, Ok(None));
        assert_eq!(vault.secret(&owner.to_string()).await, Ok(None));
        vault.delete(transaction).await.unwrap();
        assert_eq!(vault.get(owner).await, Ok(Some(b"key".to_vec())));
    }
}
