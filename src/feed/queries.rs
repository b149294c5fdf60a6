//! Questions to the read models: lists over all streams, for people. They may lag behind the log and say
//! how far they are; what a security decision needs is never asked here.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moneta_events::Timestamp;
use moneta_projections::{Projection as _, database, timeline};
use rusqlite::Connection;
use tokio::sync::{Notify, Semaphore, watch};

pub use moneta_projections::{QueryError, timeline::Lapsed};

pub use super::status::{Halted, Position, Status};

/// Questions that are answered at the same time.
const TOGETHER: usize = 4;
/// How long to wait for the read models to know of something.
const PATIENCE: Duration = Duration::from_secs(2);

/// Where the read models are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadModels {
    /// In memory: built anew at every start.
    Memory,
    /// In this file, `read.db`. Deleting it while nobody uses it is always safe.
    File(PathBuf),
}

/// The database of the read models, shared by who keeps it and who asks.
pub(super) enum Database {
    Memory(Arc<Mutex<Connection>>),
    File { path: PathBuf, idle: Mutex<Vec<Connection>> },
}

impl Database {
    pub(super) fn at(place: ReadModels) -> rusqlite::Result<Self> {
        Ok(match place {
            ReadModels::Memory => Self::Memory(Arc::new(Mutex::new(database::in_memory()?))),
            ReadModels::File(path) => Self::File { path, idle: Mutex::default() },
        })
    }

    fn ask<T>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, QueryError>,
    ) -> Result<T, QueryError> {
        let (path, idle) = match self {
            Self::Memory(connection) => return question(&lock(connection)),
            Self::File { path, idle } => (path, idle),
        };
        let kept = lock(idle).pop();
        let connection = match kept {
            Some(connection) => connection,
            None => database::open_read_only(path)?.ok_or(QueryError::NotReady)?,
        };
        // All of an answer is from one moment.
        let moment = connection.unchecked_transaction()?;
        let answer = question(&connection);
        moment.finish()?;
        lock(idle).push(connection);
        answer
    }
}

/// Asks the read models. Cheap to clone.
#[derive(Clone)]
pub struct Queries {
    database: Arc<Database>,
    turns: Arc<Semaphore>,
    status: watch::Receiver<Arc<Status>>,
    appended: watch::Receiver<u64>,
    hurry: Arc<Notify>,
}

impl Queries {
    pub(super) fn new(
        database: Arc<Database>,
        status: watch::Receiver<Arc<Status>>,
        appended: watch::Receiver<u64>,
        hurry: Arc<Notify>,
    ) -> Self {
        Self { database, turns: Arc::new(Semaphore::new(TOGETHER)), status, appended, hurry }
    }

    /// Answers a question away from the threads that serve requests:
    /// `queries.query(|connection| timeline::find(connection, stream))`.
    pub async fn query<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, QueryError> + Send + 'static,
    ) -> Result<T, QueryError> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let database = Arc::clone(&self.database);
        let answer = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            database.ask(question)
        });
        match answer.await {
            Ok(answer) => answer,
            Err(ended) => match ended.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(QueryError::NotReady),
            },
        }
    }

    /// The grants that are open past their deadline, oldest first: at most `limit` of those after `after`.
    pub async fn overdue(
        &self,
        now: Timestamp,
        after: Option<Lapsed>,
        limit: usize,
    ) -> Result<Vec<Lapsed>, QueryError> {
        self.query(move |connection| timeline::overdue(connection, now, after, limit)).await
    }

    /// Whether the list of grants knows of everything up to `position`.
    pub fn timeline_has_seen(&self, position: u64) -> bool {
        self.status.borrow().has_seen(timeline::Timeline.name(), position)
    }

    /// Waits until queries of `projection` know of everything up to `position`; `false` where that takes
    /// more than a moment.
    pub async fn up_to(&self, projection: &str, position: u64) -> bool {
        self.hurry.notify_one();
        let mut status = self.status.clone();
        let seen = status.wait_for(|status| status.has_seen(projection, position));
        tokio::time::timeout(PATIENCE, seen).await.is_ok_and(|seen| seen.is_ok())
    }

    /// How far the read models are.
    pub fn status(&self) -> Status {
        let status = Status::clone(&self.status.borrow());
        status.grown_to(*self.appended.borrow())
    }

    /// Changes whenever the read models have moved.
    pub fn changes(&self) -> watch::Receiver<Arc<Status>> {
        self.status.clone()
    }
}

/// SQLite's connections are whole after every statement; a transaction that panicked is rolled back.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
