//! A vault in a SQLite file of its own: one thread writes, in groups; one reads.

use std::{
    fs::{File, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    thread,
};

use async_trait::async_trait;
use moneta_events::StreamId;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use tokio::sync::{
    mpsc::{self, error::TrySendError},
    oneshot,
};

use super::writer::{Write, write_all};
use crate::ports::vault::{Vault, VaultError};

/// The layout this version writes, in `user_version`.
const LAYOUT: i64 = 1;
/// Requests that may wait; beyond, the answer is [`VaultError::Busy`].
const WAITING: usize = 4096;

/// Durable before it answers (`synchronous=FULL`), and what it deletes is overwritten.
#[derive(Debug)]
pub struct SqliteVault {
    /// None where it was opened for reading.
    writes: Option<mpsc::Sender<Write>>,
    reads: mpsc::Sender<Read>,
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, VaultError>>;

pub(super) enum Place {
    Key(StreamId),
    Secret(String),
}

enum Read {
    One(Place, Reply<Option<Vec<u8>>>),
    Secrets(Reply<Vec<(String, Vec<u8>)>>),
}

impl SqliteVault {
    /// Opens the file at `path`, or makes one that only its owner may read.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let io = |source| OpenError::Io { path: path.to_owned(), source };
        let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };

        create(path).map_err(io)?;
        let writing = connect(path).map_err(sqlite)?;
        let layout = writing
            .pragma_query_value(None, "user_version", |row| row.get::<_, i64>(0))
            .map_err(sqlite)?;
        if layout > LAYOUT {
            return Err(OpenError::Newer { path: path.to_owned(), layout });
        }
        writing.execute_batch(include_str!("schema.sql")).map_err(sqlite)?;
        writing.pragma_update(None, "user_version", LAYOUT).map_err(sqlite)?;
        let reading = connect(path).map_err(sqlite)?;
        reading.pragma_update(None, "query_only", true).map_err(sqlite)?;

        let (writes, to_write) = mpsc::channel(WAITING);
        spawn("vault-write", move || write_all(writing, to_write)).map_err(io)?;
        Ok(Self { writes: Some(writes), reads: serve_reads(reading).map_err(io)? })
    }

    /// Opens the file at `path` for reading, beside whoever writes it. Writes are refused.
    pub fn open_read_only(path: &Path) -> Result<Self, OpenError> {
        let sqlite = |source| OpenError::Sqlite { path: path.to_owned(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let reading = Connection::open_with_flags(path, flags).map_err(sqlite)?;
        reading.execute_batch(CAREFUL).map_err(sqlite)?;
        let reads = serve_reads(reading)
            .map_err(|source| OpenError::Io { path: path.to_owned(), source })?;
        Ok(Self { writes: None, reads })
    }

    async fn write(
        &self,
        place: Place,
        wrapped: Option<Vec<u8>>,
    ) -> Result<Option<Vec<u8>>, VaultError> {
        let Some(writes) = &self.writes else {
            return Err(VaultError::Unavailable("it was opened for reading".to_owned()));
        };
        ask(writes, |reply| Write { place, wrapped, reply }).await
    }

    async fn put(&self, place: Place, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        let stored = self.write(place, Some(wrapped)).await?;
        Ok(stored.expect("the writer answers a put with what is stored"))
    }
}

#[async_trait]
impl Vault for SqliteVault {
    async fn get(&self, owner: StreamId) -> Result<Option<Vec<u8>>, VaultError> {
        ask(&self.reads, |reply| Read::One(Place::Key(owner), reply)).await
    }

    async fn put_new(&self, owner: StreamId, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        self.put(Place::Key(owner), wrapped).await
    }

    async fn delete(&self, owner: StreamId) -> Result<(), VaultError> {
        self.write(Place::Key(owner), None).await.map(drop)
    }

    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, VaultError> {
        ask(&self.reads, |reply| Read::One(Place::Secret(name.to_owned()), reply)).await
    }

    async fn secrets(&self) -> Result<Vec<(String, Vec<u8>)>, VaultError> {
        ask(&self.reads, Read::Secrets).await
    }

    async fn put_secret(&self, name: &str, wrapped: Vec<u8>) -> Result<Vec<u8>, VaultError> {
        self.put(Place::Secret(name.to_owned()), wrapped).await
    }

    async fn delete_secret(&self, name: &str) -> Result<(), VaultError> {
        self.write(Place::Secret(name.to_owned()), None).await.map(drop)
    }
}

async fn ask<Q, A>(
    queue: &mpsc::Sender<Q>,
    question: impl FnOnce(Reply<A>) -> Q,
) -> Result<A, VaultError> {
    let closed = || VaultError::Unavailable("it has stopped after a failure of the disk".into());
    let (reply, answer) = oneshot::channel();
    queue.try_send(question(reply)).map_err(|refused| match refused {
        TrySendError::Full(_) => VaultError::Busy,
        TrySendError::Closed(_) => closed(),
    })?;
    answer.await.map_err(|_| closed())?
}

fn read_all(connection: &Connection, mut waiting: mpsc::Receiver<Read>) {
    while let Some(question) = waiting.blocking_recv() {
        match question {
            Read::One(place, reply) => {
                let _ = reply.send(read(connection, &place).map_err(|error| unavailable(&error)));
            }
            Read::Secrets(reply) => {
                let _ = reply.send(secrets(connection).map_err(|error| unavailable(&error)));
            }
        }
    }
}

pub(super) fn read(connection: &Connection, place: &Place) -> rusqlite::Result<Option<Vec<u8>>> {
    match place {
        Place::Key(owner) => connection
            .prepare_cached("SELECT wrapped FROM data_key WHERE owner = ?1")?
            .query_row(params![owner.to_bytes()], |row| row.get(0)),
        Place::Secret(name) => connection
            .prepare_cached("SELECT wrapped FROM secret WHERE name = ?1")?
            .query_row(params![name], |row| row.get(0)),
    }
    .optional()
}

fn secrets(connection: &Connection) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    connection
        .prepare_cached("SELECT name, wrapped FROM secret ORDER BY name")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA secure_delete = ON;",
    )?;
    connection.execute_batch(CAREFUL)?;
    Ok(connection)
}

/// Settings of every connection.
const CAREFUL: &str = "PRAGMA temp_store = MEMORY;
    PRAGMA trusted_schema = OFF;
    PRAGMA cell_size_check = ON;
    PRAGMA busy_timeout = 5000;";

fn serve_reads(connection: Connection) -> io::Result<mpsc::Sender<Read>> {
    let (reads, to_read) = mpsc::channel(WAITING);
    spawn("vault-read", move || read_all(&connection, to_read))?;
    Ok(reads)
}

fn create(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => file.sync_all()?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(error) => return Err(error),
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(run).map(drop)
}

pub(super) fn unavailable(error: &rusqlite::Error) -> VaultError {
    VaultError::Unavailable(error.to_string())
}

/// Why a vault cannot be opened.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "the message names each field")]
pub enum OpenError {
    /// The system refused.
    #[error("the vault {} cannot be made: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// SQLite refused.
    #[error("the vault {} cannot be opened: {source}", path.display())]
    Sqlite { path: PathBuf, source: rusqlite::Error },
    /// A later version of the program wrote it.
    #[error("the vault {} has layout {layout}, which is newer than this program", path.display())]
    Newer { path: PathBuf, layout: i64 },
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, sync::Arc};

    use futures_util::future::join_all;

    use super::*;
    use crate::{
        runtime::entropy::Entropy,
        store::vault::contract::{self, subject},
    };

    fn stored(directory: &Path) -> Vec<u8> {
        let files = fs::read_dir(directory).unwrap();
        files.flat_map(|file| fs::read(file.unwrap().path()).unwrap()).collect()
    }

    fn contains(haystack: &[u8], needle: &[u8]) -> bool {
        haystack.windows(needle.len()).any(|window| window == needle)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn keeps_the_contract_and_what_it_was_given() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.db");
        let vault = Arc::new(SqliteVault::open(&path).unwrap());
        contract::holds(vault.clone()).await;
        let key = vault.get(subject(1)).await.unwrap();
        assert!(key.is_some());

        let second = SqliteVault::open(&path).unwrap();
        drop(vault);
        let third = SqliteVault::open(&path).unwrap();
        for again in [second, third] {
            assert_eq!(again.get(subject(1)).await.unwrap(), key);
            assert_eq!(again.secrets().await.unwrap().len(), 1);
        }
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_vault_opened_for_reading_only_reads() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.db");
        assert!(SqliteVault::open_read_only(&path).is_err());
        let writer = SqliteVault::open(&path).unwrap();
        writer.put_new(subject(1), b"key".to_vec()).await.unwrap();
        let reader = SqliteVault::open_read_only(&path).unwrap();
        assert_eq!(reader.get(subject(1)).await, Ok(Some(b"key".to_vec())));
        let refused = reader.put_new(subject(2), b"key".to_vec()).await;
        assert!(matches!(refused, Err(VaultError::Unavailable(_))));
        assert_eq!(writer.get(subject(2)).await, Ok(None));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_open_vaults_have_one_winner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.db");
        let vaults =
            [SqliteVault::open(&path), SqliteVault::open(&path)].map(|v| Arc::new(v.unwrap()));
        let racers = (0..100_u8).map(|racer| {
            let vault = Arc::clone(&vaults[usize::from(racer % 2)]);
            tokio::spawn(async move { vault.put_new(subject(1), vec![racer]).await.unwrap() })
        });
        let answers = join_all(racers).await.into_iter().map(Result::unwrap);
        let stored = vaults[0].get(subject(1)).await.unwrap().unwrap();
        assert!(answers.into_iter().all(|answer| answer == stored));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_deleted_key_is_in_no_file_any_more() {
        let directory = tempfile::tempdir().unwrap();
        let vault = Arc::new(SqliteVault::open(&directory.path().join("vault.db")).unwrap());
        let entropy = Entropy::default();
        // Owners in no order, so that pages split and cells move.
        let keys: Vec<_> = (0..3000)
            .map(|_| (subject(u128::from_be_bytes(entropy.bytes())), entropy.bytes::<74>()))
            .collect();
        join_all(keys.iter().map(|(owner, key)| vault.put_new(*owner, key.to_vec()))).await;
        vault.put_secret("kid", keys[0].1.to_vec()).await.unwrap();
        assert!(contains(&stored(directory.path()), &keys[1].1));

        vault.delete_secret("kid").await.unwrap();
        let (gone, kept) = keys.split_at(2500);
        for (owner, _) in &gone[..100] {
            vault.delete(*owner).await.unwrap();
        }
        join_all(gone[100..].iter().map(|(owner, _)| vault.delete(*owner))).await;

        let stored = stored(directory.path());
        let found: std::collections::HashSet<&[u8]> = stored.windows(16).collect();
        let traces = gone.iter().filter(|(_, key)| found.contains(&key[..16])).count();
        assert_eq!(traces, 0);
        for (owner, key) in kept {
            assert_eq!(vault.get(*owner).await.unwrap().as_deref(), Some(&key[..]));
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_vault_of_a_later_version_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("vault.db");
        drop(SqliteVault::open(&path).unwrap());
        let connection = Connection::open(&path).unwrap();
        connection.pragma_update(None, "user_version", LAYOUT + 1).unwrap();
        assert!(matches!(SqliteVault::open(&path), Err(OpenError::Newer { .. })));
    }
}
