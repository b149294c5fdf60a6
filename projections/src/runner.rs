//! Keeping projections up with the log. In: a `read.db` connection and events in commit order. Out: the
//! position reached, or which projection stands still and why.
//!
//! Synchronous: meant for a thread of its own. A [`Runner`] follows a log that grows; [`catch_up`] goes to
//! its head once.

use moneta_events::{Digest, Recorded, StreamId};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::{
    Projection, ProjectionError,
    checkpoint::{self, Checkpoint},
    projection::{Event, Rejected},
    rebuild,
};

/// Events read and committed at once: enough that commits cost little, few enough to take milliseconds.
pub const BATCH: usize = 2_000;

/// What was just done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Took in all events up to `position`.
    Applied {
        /// Which projection.
        projection: &'static str,
        /// Whether into a table that is not served yet.
        building: bool,
        /// The position it has come to.
        position: u64,
        /// How many events on the way there said anything to it.
        read: usize,
    },
    /// The rows came from another log than the one at hand (restored from a backup?); building anew.
    Restarted {
        /// Which projection.
        projection: &'static str,
    },
    /// Serves the new table from now on.
    Swapped {
        /// Which projection.
        projection: &'static str,
        /// Whether the old table held the same rows, where they can be compared.
        agrees: Option<bool>,
    },
}

/// A projection that stands before an event it cannot take in. It has taken in everything before it.
#[derive(Debug, thiserror::Error)]
#[error("{projection} halts at position {position}, {stream} revision {revision}: {cause}")]
pub struct Halt {
    /// Which projection.
    pub projection: &'static str,
    /// Place of the event in the log.
    pub position: u64,
    /// Its stream.
    pub stream: StreamId,
    /// Its place there.
    pub revision: u64,
    /// Why it was not taken in.
    #[source]
    pub cause: ProjectionError,
}

/// Why projections are not at the head of the log.
#[derive(Debug, thiserror::Error)]
pub enum CatchUpError<E> {
    /// The log cannot be read.
    #[error("the log cannot be read: {0}")]
    Source(E),
    /// The log came with a hole in it.
    #[error("the log has position {found} where {expected} must stand")]
    Hole {
        /// What must stand here.
        expected: u64,
        /// What stands here.
        found: u64,
    },
    /// `read.db` cannot be read or written.
    #[error("the read models cannot be written: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// Somebody else keeps the same `read.db` right now; nothing is lost.
    #[error("another process is writing the read models")]
    Contended,
    /// Some projections stand still; all others are at the head.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Halted(Vec<Halt>),
}

/// The builds of some projections on their way along the log.
pub struct Runner<'a> {
    running: Vec<Running<'a>>,
}

struct Running<'a> {
    projection: &'a dyn Projection,
    build: Checkpoint,
    halt: Option<Halt>,
}

/// Where one build of a projection stands.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// Which projection.
    pub projection: &'static str,
    /// The position of the last event it took in.
    pub position: u64,
    /// Whether queries read it.
    pub serving: bool,
    /// Why it stands still, where it does.
    pub halt: Option<&'a Halt>,
}

impl<'a> Runner<'a> {
    /// Opens the builds of `projections`, beginning and going on with rebuilds where their versions call
    /// for it. `event` reads the event at a position, where there is one.
    pub fn open<E>(
        connection: &mut Connection,
        projections: &[&'a dyn Projection],
        mut event: impl FnMut(u64) -> Result<Option<Recorded>, E>,
        mut progress: impl FnMut(Step),
    ) -> Result<Self, CatchUpError<E>> {
        let mut running = Vec::new();
        for &projection in projections {
            let mut builds = rebuild::open(connection, projection)?;
            for build in &builds {
                if !same_log(build, &mut event).map_err(CatchUpError::Source)? {
                    builds = vec![rebuild::restart(connection, projection)?];
                    progress(Step::Restarted { projection: projection.name() });
                    break;
                }
            }
            let builds = builds.into_iter();
            running.extend(builds.map(|build| Running { projection, build, halt: None }));
        }
        Ok(Self { running })
    }

    /// The positions after which events are wanted, the furthest first: one where nothing is being
    /// rebuilt, none where all stand still.
    pub fn positions(&self) -> Vec<u64> {
        let running = self.running.iter().filter(|one| one.halt.is_none());
        let mut positions: Vec<u64> = running.map(|one| one.build.position).collect();
        positions.sort_unstable_by(|a, b| b.cmp(a));
        positions.dedup();
        positions
    }

    /// Where each build stands.
    pub fn standings(&self) -> impl Iterator<Item = Standing<'_>> {
        self.running.iter().map(|one| Standing {
            projection: one.projection.name(),
            position: one.build.position,
            serving: one.build.serving,
            halt: one.halt.as_ref(),
        })
    }

    /// Takes in `events`, which follow on position `after`, with everything they do to any table in one
    /// transaction. After an error nothing has changed, and builds must be opened anew.
    pub fn take_in<E>(
        &mut self,
        connection: &mut Connection,
        after: u64,
        events: &[Recorded],
        mut progress: impl FnMut(Step),
    ) -> Result<(), CatchUpError<E>> {
        for (expected, event) in (after + 1..).zip(events) {
            if event.position != expected {
                return Err(CatchUpError::Hole { expected, found: event.position });
            }
        }
        let Some(last) = events.last() else { return Ok(()) };
        let end = (last.position, last.digest());
        let mut tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut moved = Vec::new();
        for (place, one) in self.running.iter().enumerate() {
            let due = after..last.position;
            if one.halt.is_some() || !due.contains(&one.build.position) {
                continue;
            }
            let seen = events.partition_point(|event| event.position <= one.build.position);
            let taken = one.take_in(&mut tx, &events[seen..], end).map_err(|stop| match stop {
                Stop::Sqlite(cause) => CatchUpError::Sqlite(cause),
                Stop::Contended => CatchUpError::Contended,
            })?;
            moved.push((place, taken));
        }
        tx.commit()?;
        for (place, Taken { build, halt, read }) in moved {
            let one = &mut self.running[place];
            if build.position > one.build.position {
                progress(Step::Applied {
                    projection: one.projection.name(),
                    building: !build.serving,
                    position: build.position,
                    read,
                });
            }
            (one.build, one.halt) = (build, halt);
        }
        Ok(())
    }

    /// At the head of the log: puts what was built in its place. What stands still takes a place that is
    /// empty, for what it holds is right as far as it goes, but none that is taken.
    pub fn settle(
        &mut self,
        connection: &mut Connection,
        mut progress: impl FnMut(Step),
    ) -> rusqlite::Result<()> {
        let mut replaced = Vec::new();
        for one in self.running.iter_mut().filter(|one| !one.build.serving) {
            if one.halt.is_some() && checkpoint::served(connection, &one.build.name)?.is_some() {
                continue;
            }
            let agrees = rebuild::swap(connection, &mut one.build)?;
            replaced.push((one.projection.name(), one.build.build));
            progress(Step::Swapped { projection: one.projection.name(), agrees });
        }
        // A served table that stood still no longer matters once a new one took its place.
        self.running.retain(|one| {
            !replaced
                .iter()
                .any(|(name, build)| *name == one.projection.name() && *build != one.build.build)
        });
        Ok(())
    }
}

/// Brings all `projections` to the head of the log, beginning, going on with and finishing rebuilds
/// where their versions call for it. `source` reads at most so many events after a position, in commit
/// order. Answers with the position of the last event.
pub fn catch_up<E>(
    connection: &mut Connection,
    projections: &[&dyn Projection],
    mut source: impl FnMut(u64, usize) -> Result<Vec<Recorded>, E>,
    mut progress: impl FnMut(Step),
) -> Result<u64, CatchUpError<E>> {
    let event = |position: u64| Ok(source(position - 1, 1)?.pop());
    let mut runner = Runner::open(connection, projections, event, &mut progress)?;
    let mut more = true;
    while more {
        more = false;
        for after in runner.positions() {
            let events = source(after, BATCH).map_err(CatchUpError::Source)?;
            more |= events.len() == BATCH;
            runner.take_in(connection, after, &events, &mut progress)?;
        }
    }
    runner.settle(connection, progress)?;
    let head = runner.standings().map(|one| one.position).max().unwrap_or(0);
    let halts: Vec<Halt> = runner.running.into_iter().filter_map(|one| one.halt).collect();
    if halts.is_empty() { Ok(head) } else { Err(CatchUpError::Halted(halts)) }
}

/// Whether the log still holds the event the build last took in.
fn same_log<E>(
    build: &Checkpoint,
    event: &mut impl FnMut(u64) -> Result<Option<Recorded>, E>,
) -> Result<bool, E> {
    if build.position == 0 {
        return Ok(true);
    }
    let last = event(build.position)?;
    Ok(last.is_some_and(|last| last.position == build.position && last.digest() == build.digest))
}

/// What a batch led one build to.
struct Taken {
    build: Checkpoint,
    halt: Option<Halt>,
    read: usize,
}

/// Why nothing was taken in.
enum Stop {
    /// The machine.
    Sqlite(rusqlite::Error),
    /// Somebody else's commit.
    Contended,
}

impl From<rusqlite::Error> for Stop {
    fn from(cause: rusqlite::Error) -> Self {
        Self::Sqlite(cause)
    }
}

impl Running<'_> {
    /// Takes in `events`, the last of which has position and digest `end`, as far as it can.
    fn take_in(
        &self,
        tx: &mut Transaction<'_>,
        events: &[Recorded],
        end: (u64, Digest),
    ) -> Result<Taken, Stop> {
        let mut until = events.len();
        let mut stopped = None;
        let mut build = self.build.clone();
        let table = build.table();
        let read = loop {
            let savepoint = tx.savepoint()?;
            match self.apply(&savepoint, &table, &events[..until]) {
                Ok(read) => {
                    savepoint.commit()?;
                    break read;
                }
                Err((_, ProjectionError::Sqlite(cause))) if is_passing(&cause) => {
                    return Err(cause.into());
                }
                // What stands before it goes in by itself.
                Err((at, cause)) => (until, stopped) = (at, Some(cause)),
            }
        };
        let end = match events[..until].last() {
            Some(last) if until < events.len() => Some((last.position, last.digest())),
            last => last.map(|_| end),
        };
        if let Some((position, digest)) = end
            && !build.advance(tx, position, digest)?
        {
            return Err(Stop::Contended);
        }
        let halt = stopped.map(|cause| {
            let Recorded { position, stream, revision, .. } = events[until];
            Halt { projection: self.projection.name(), position, stream, revision, cause }
        });
        if let Some(halt) = &halt {
            build.halt(tx, halt.to_string())?;
        }
        Ok(Taken { build, halt, read })
    }

    /// Applies those of `events` that the projection reads; answers how many they were, or which one it
    /// could not take in.
    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Recorded],
    ) -> Result<usize, (usize, ProjectionError)> {
        let mut read = Vec::with_capacity(events.len());
        let mut places = Vec::with_capacity(events.len());
        for (place, event) in events.iter().enumerate() {
            if self.projection.reads(event.stream.category) {
                let head = event.head().map_err(|cause| (place, cause.into()))?;
                read.push(Event { position: event.position, head });
                places.push(place);
            }
        }
        if read.is_empty() {
            return Ok(0);
        }
        let applied = self.projection.apply(connection, table, &read);
        applied.map_err(|Rejected { at, cause }| (places[at], cause))?;
        Ok(read.len())
    }
}

/// Whether the machine is the trouble (a full disk, a lock) and not the event, so that another try may
/// end well.
fn is_passing(cause: &rusqlite::Error) -> bool {
    matches!(cause, rusqlite::Error::SqliteFailure(failure, _)
        if failure.code != ErrorCode::ConstraintViolation)
}
