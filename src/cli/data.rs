//! Opens what lasts: the event log, the vault, the key of keys.

use std::{path::Path, sync::Arc};

use anyhow::{Context as _, bail};
use moneta_events::SubjectId;

use super::exit::damaged;
use crate::{
    adapters::file_key_wrap::FileKeyWrap,
    app::{Parts, ReadModels},
    config::Settings,
    engine::{
        facts::{Boards, Capacity, Facts},
        people::UsernameIndex,
        privacy::Privacy,
    },
    ports::{key_wrap::KeyWrap, vault::Vault},
    runtime::{clock::SystemClock, entropy::Entropy},
    store::{
        EventStore,
        guard::{GuardStore, sqlite::SqliteGuards},
        sqlite::{OpenError, OpenProblem, SqliteLog},
        vault::sqlite::SqliteVault,
    },
};

/// Data keys and views that a command keeps in memory.
const CACHED: usize = 1_000;

/// Read access to the log, beside whoever writes it.
pub(super) struct Reader {
    pub(super) log: Arc<SqliteLog>,
    pub(super) facts: Facts,
}

impl Reader {
    /// Opens the log in `data`.
    pub(super) fn open(data: &Path) -> anyhow::Result<Self> {
        let log = Arc::new(SqliteLog::open_read_only(data).map_err(explain)?);
        let capacity = Capacity { tokens: CACHED, people: CACHED, clients: CACHED };
        let facts = Facts { boards: Boards::new(capacity), store: Arc::clone(&log) as _ };
        Ok(Self { log, facts })
    }
}

/// What opens personal fields.
pub(super) struct Keys {
    pub(super) privacy: Privacy,
    pub(super) usernames: UsernameIndex,
}

impl Keys {
    /// Opens the vault for reading.
    pub(super) fn open(settings: &Settings) -> anyhow::Result<Self> {
        let entropy = Entropy::default();
        let kek = kek_file(settings);
        let key_wrap = Arc::new(FileKeyWrap::open(&kek, entropy.clone())?);
        let vault = Arc::new(SqliteVault::open_read_only(&settings.data.join(VAULT))?);
        let usernames = UsernameIndex::new(&key_wrap.derive("username index"));
        Ok(Self { privacy: Privacy::new(vault, key_wrap, entropy, CACHED), usernames })
    }
}

impl Keys {
    /// The end-user of that name or subject.
    pub(super) async fn find(
        &self,
        facts: &Facts,
        user: &str,
    ) -> anyhow::Result<Option<SubjectId>> {
        let named = facts.username(self.usernames.stream(user)).await?.view.holder;
        let Some(subject) = named.or_else(|| user.parse().ok()) else { return Ok(None) };
        Ok(facts.subject(subject).await?.view.exists.then_some(subject))
    }
}

const VAULT: &str = "vault.db";
const GUARDS: &str = "guards.db";

fn kek_file(settings: &Settings) -> std::path::PathBuf {
    settings.keys.kek_file.clone().unwrap_or_else(|| settings.data.join("kek"))
}

/// Everything, for writing; nobody else writes meanwhile.
pub(super) struct Writer {
    pub(super) log: Arc<SqliteLog>,
    vault: Arc<dyn Vault>,
    guards: Arc<dyn GuardStore>,
    key_wrap: Arc<dyn KeyWrap>,
}

/// Why it cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotWritable {
    /// Somebody else writes.
    #[error(transparent)]
    InUse(OpenError),
    /// Something is wrong.
    #[error(transparent)]
    Other(anyhow::Error),
}

impl Writer {
    /// Opens the data directory, and makes it where there is none.
    pub(super) async fn open(settings: &Settings) -> Result<Self, NotWritable> {
        let log = match SqliteLog::open(&settings.data) {
            Ok(log) => Arc::new(log),
            Err(error) if matches!(error.problem, OpenProblem::InUse) => {
                return Err(NotWritable::InUse(error));
            }
            Err(error) => return Err(NotWritable::Other(explain(error))),
        };
        let (vault, key_wrap) = open_vault(settings, &log).await.map_err(NotWritable::Other)?;
        let guards = SqliteGuards::open(&settings.data.join(GUARDS))
            .map_err(|error| NotWritable::Other(error.into()))?;
        Ok(Self { log, vault, guards: Arc::new(guards), key_wrap })
    }

    /// What a provider is made of.
    pub(super) fn parts(&self, settings: &Settings) -> Parts {
        Parts {
            settings: settings.clone(),
            store: Arc::clone(&self.log) as Arc<dyn EventStore>,
            vault: Arc::clone(&self.vault),
            guards: Arc::clone(&self.guards),
            key_wrap: Arc::clone(&self.key_wrap),
            clock: Arc::new(SystemClock),
            entropy: Entropy::default(),
            read_models: ReadModels::File(settings.data.join("read.db")),
            listener: None,
        }
    }
}

type VaultAndKey = (Arc<dyn Vault>, Arc<dyn KeyWrap>);

/// A key of keys is made for a new vault only: nothing in an older one would open with it.
async fn open_vault(settings: &Settings, log: &SqliteLog) -> anyhow::Result<VaultAndKey> {
    let (vault, kek) = (settings.data.join(VAULT), kek_file(settings));
    let entropy = Entropy::default();
    let exists = vault.try_exists()?;
    if !exists && log.head().await? > 0 {
        bail!(
            "the vault {} is missing, but there are events. Without its keys nobody can sign or read what is \
             sealed in them: bring back the vault that belongs to this log (and its key file {})",
            vault.display(),
            kek.display()
        );
    }
    let key_wrap = if exists || settings.keys.kek_file.is_some() {
        FileKeyWrap::open(&kek, entropy).context(
            "without its key nothing in the vault opens; bring the key file back where it was, or name its \
             place in keys.kek_file",
        )?
    } else {
        FileKeyWrap::create(&kek, entropy)?
    };
    Ok((Arc::new(SqliteVault::open(&vault)?), Arc::new(key_wrap)))
}

/// Says what to do about a log that cannot be opened.
fn explain(error: OpenError) -> anyhow::Error {
    match &error.problem {
        OpenProblem::Missing => anyhow::anyhow!(
            "there is no event log at {}; is it another directory? Name it with --data, or the file that \
             names it with --config",
            error.path.display()
        ),
        OpenProblem::Damaged(_) => damaged(error.to_string()),
        OpenProblem::Sqlite(cause) if is_corrupt(cause) => damaged(error.to_string()),
        _ => error.into(),
    }
}

fn is_corrupt(cause: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    matches!(cause.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase))
}
