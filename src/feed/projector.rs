//! Keeps the read models up with the log, on a thread of its own. In: the log, and a signal whenever this
//! node has appended. Out: `read.db`, and how far it is. A projection that meets an event it cannot take
//! in stands still and says so; the others go on. Started and stopped by `app`.

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Arc, Mutex},
    thread::{self, JoinHandle},
    time::Duration,
};

use moneta_events::Recorded;
use moneta_projections::{CatchUpError, Projection, Runner, Step, database, runner::BATCH};
use rusqlite::Connection;
use tokio::{
    runtime::{self, Runtime},
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    queries::{Database, Queries, ReadModels, lock},
    status::Status,
};
use crate::store::{EventStore, Unavailable};

/// The least time between two looks at a log that grows: what happens to one transaction within it costs
/// one write. An event after a quiet moment is taken in at once, and so is one that somebody waits for.
const PACE: Duration = Duration::from_millis(250);
/// How often the log is looked at though this node has not appended.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long to wait after an error at first; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How long at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a stop may take to get to the head of the log. The rest is done at the next start.
const DRAIN: Duration = Duration::from_secs(2);

type Trouble = CatchUpError<Unavailable>;

/// The thread that keeps the read models. Dropped without [`Projector::stop`], it ends soon.
pub struct Projector {
    stop: watch::Sender<bool>,
    thread: JoinHandle<()>,
}

impl Projector {
    /// Starts it. Returns at once, however far there is to go. `appended` changes with every append of
    /// this node.
    pub fn start(
        place: ReadModels,
        store: Arc<dyn EventStore>,
        appended: watch::Receiver<u64>,
        projections: Vec<&'static dyn Projection>,
    ) -> io::Result<(Self, Queries)> {
        let database = Arc::new(Database::at(place).map_err(io::Error::other)?);
        let status = watch::Sender::new(Arc::default());
        let hurry = Arc::new(Notify::new());
        let queries = Queries::new(
            Arc::clone(&database),
            status.subscribe(),
            appended.clone(),
            Arc::clone(&hurry),
        );
        let (stop, stopped) = watch::channel(false);
        let runtime = runtime::Builder::new_current_thread().enable_time().build()?;
        let worker = Worker {
            database,
            store,
            projections,
            runtime,
            appended,
            stopped,
            hurry,
            status,
            trouble: None,
            changed: HashMap::new(),
            reported: HashSet::new(),
        };
        let thread = thread::Builder::new().name("projector".to_owned()).spawn(|| worker.run())?;
        Ok((Self { stop, thread }, queries))
    }

    /// Takes in what is on record by now, closes the database and ends the thread.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // A panic of the thread has been reported by the panic hook.
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
    }
}

/// What lives on the thread.
struct Worker {
    database: Arc<Database>,
    store: Arc<dyn EventStore>,
    projections: Vec<&'static dyn Projection>,
    runtime: Runtime,
    appended: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    /// Somebody waits.
    hurry: Arc<Notify>,
    status: watch::Sender<Arc<Status>>,
    /// Why the last try failed, until one succeeds.
    trouble: Option<String>,
    /// The position of the last event that said anything to a projection.
    changed: HashMap<&'static str, u64>,
    /// The halts that were logged.
    reported: HashSet<(&'static str, u64)>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        if thread::panicking() {
            self.trouble = Some("the projector has died; the node must be restarted".to_owned());
            self.report();
        }
    }
}

impl Worker {
    fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        while let Err(trouble) = self.follow(&mut pause) {
            tracing::warn!(%trouble, retry_in = ?pause, "the read models cannot be brought up to date");
            self.trouble = Some(trouble.to_string());
            self.report();
            let stopped = &mut self.stopped;
            let was_stopped = self.runtime.block_on(async {
                tokio::time::timeout(pause, stopped.wait_for(|stopped| *stopped)).await.is_ok()
            });
            if was_stopped {
                return;
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Follows the log until told to stop.
    fn follow(&mut self, pause: &mut Duration) -> Result<(), Trouble> {
        let mut writer = Writer::open(&self.database)?;
        let event = |position: u64| Ok(self.read(position - 1, 1)?.pop());
        let opened =
            writer.with(|connection| Runner::open(connection, &self.projections, event, tell));
        let mut runner = opened?;
        self.publish(&runner);
        loop {
            let done = self.go_to_head(&mut runner, &mut writer)?;
            *pause = FIRST_PAUSE;
            if self.is_stopped() {
                return Ok(());
            }
            self.wait(done);
        }
    }

    /// Takes in what there is; answers when it took in the last of it.
    fn go_to_head(
        &mut self,
        runner: &mut Runner<'static>,
        writer: &mut Writer,
    ) -> Result<Option<Instant>, Trouble> {
        let mut done = None;
        let mut give_up_at = None;
        let mut more = true;
        while more {
            more = false;
            for after in runner.positions() {
                let events = self.read(after, BATCH).map_err(CatchUpError::Source)?;
                self.trouble = None;
                if events.is_empty() {
                    continue;
                }
                more |= events.len() == BATCH;
                let changed = &mut self.changed;
                writer.with(|connection| {
                    runner.take_in(connection, after, &events, |step| note(changed, step))
                })?;
                self.publish(runner);
                done = Some(Instant::now());
            }
            if self.is_stopped() {
                let end = *give_up_at.get_or_insert_with(|| Instant::now() + DRAIN);
                more &= Instant::now() < end;
            }
        }
        writer.with(|connection| runner.settle(connection, tell))?;
        self.publish(runner);
        Ok(done)
    }

    /// Reads on after a position. A store that does not answer holds up no stop.
    fn read(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        let mut stopped = self.stopped.clone();
        self.runtime.block_on(async {
            let given_up = async {
                // An error says that nobody is left to stop it.
                let _ = stopped.wait_for(|stopped| *stopped).await;
                tokio::time::sleep(DRAIN).await;
            };
            tokio::select! {
                biased;
                events = self.store.read_all(after, limit) => events,
                () = given_up => Err(Unavailable("no answer before the stop".to_owned())),
            }
        })
    }

    fn is_stopped(&self) -> bool {
        *self.stopped.borrow() || self.stopped.has_changed().is_err()
    }

    /// Waits until there may be something new and, unless somebody waits for it, [`PACE`] after `done`.
    fn wait(&mut self, done: Option<Instant>) {
        let (appended, stopped, hurry) = (&mut self.appended, &mut self.stopped, &self.hurry);
        self.runtime.block_on(async {
            let grown = async {
                if appended.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                if let Some(done) = done {
                    tokio::select! {
                        () = tokio::time::sleep_until(done + PACE) => {}
                        () = hurry.notified() => {}
                    }
                }
            };
            tokio::select! {
                _ = stopped.wait_for(|stopped| *stopped) => {}
                () = grown => {}
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
        });
    }

    /// Lets everybody know how far it is.
    fn publish(&mut self, runner: &Runner<'_>) {
        for one in runner.standings() {
            self.changed.entry(one.projection).or_insert(one.position);
            let Some(halt) = one.halt else { continue };
            if self.reported.insert((halt.projection, halt.position)) {
                tracing::error!(
                    projection = halt.projection,
                    position = halt.position,
                    stream = %halt.stream,
                    revision = halt.revision,
                    cause = %halt.cause,
                    "a read model stands still before an event it cannot take in"
                );
            }
        }
        let changed = |projection| self.changed.get(projection).copied().unwrap_or(0);
        let mut status = Status::of(runner.standings(), changed).grown_to(*self.appended.borrow());
        status.trouble.clone_from(&self.trouble);
        self.status.send_replace(Arc::new(status));
    }

    fn report(&self) {
        self.status.send_modify(|status| {
            Arc::make_mut(status).trouble.clone_from(&self.trouble);
        });
    }
}

/// Notes what was changed.
fn note(changed: &mut HashMap<&'static str, u64>, step: Step) {
    if let Step::Applied { projection, position, read: 1.., .. } = step {
        changed.insert(projection, position);
    }
}

/// Logs what does not happen every day.
fn tell(step: Step) {
    match step {
        Step::Applied { .. } => {}
        Step::Restarted { projection } => {
            tracing::warn!(projection, "the read model is of another log and is built anew");
        }
        Step::Swapped { projection, agrees: Some(false) } => {
            tracing::error!(projection, "the rebuilt read model differs from the one it replaces");
        }
        Step::Swapped { projection, .. } => {
            tracing::info!(projection, "the read model is built");
        }
    }
}

/// The connection that writes.
enum Writer {
    Shared(Arc<Mutex<Connection>>),
    Own(Connection),
}

impl Writer {
    fn open(database: &Database) -> rusqlite::Result<Self> {
        match database {
            Database::Memory(connection) => Ok(Self::Shared(Arc::clone(connection))),
            Database::File { path, .. } => database::open(path).map(Self::Own),
        }
    }

    fn with<T>(&mut self, work: impl FnOnce(&mut Connection) -> T) -> T {
        match self {
            Self::Shared(connection) => work(&mut lock(connection)),
            Self::Own(connection) => work(connection),
        }
    }
}
