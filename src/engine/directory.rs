//! Finds or wakes the actor of a stream. Where an actor lives is only a cache: the store decides who
//! wins, on this node or another.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

pub use actix::Arbiter;
use actix::{Actor, Addr, ArbiterHandle, MailboxError};
use moneta_events::StreamId;

use super::{
    admission::Admission,
    entity_actor::{Carry, EntityActor, Peek},
    execute::Ledger,
    order::{Carried, Failure, Order},
};
use crate::domain::Aggregate;

/// How long an actor is kept without work.
const IDLE: Duration = Duration::from_secs(30);
/// The same once nothing is waited for any more.
const SETTLED: Duration = Duration::from_secs(1);
/// How often idle actors are looked for.
const SWEEP: Duration = Duration::from_millis(500);
/// Panics of one stream's actor after which it is not woken again.
const PANICS: u32 = 2;

/// How much a directory lets in.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Orders waiting in one shard.
    pub orders_per_shard: usize,
    /// Orders waiting on one stream.
    pub orders_per_stream: usize,
}

/// The live actors of one kind of stream.
pub struct Directory<A: Aggregate + Unpin> {
    shards: Vec<Arc<Shard<A>>>,
    ledger: Ledger,
    bounds: Bounds,
    started: Instant,
}

struct Shard<A: Aggregate + Unpin> {
    arbiter: ArbiterHandle,
    admission: Admission,
    live: Mutex<HashMap<StreamId, Live<A>>>,
    panics: Mutex<HashMap<StreamId, u32>>,
}

struct Live<A: Aggregate + Unpin> {
    actor: Addr<EntityActor<A>>,
    admission: Admission,
    /// Milliseconds since the directory started, after which it may go.
    keep_until: Arc<AtomicU64>,
}

impl<A: Aggregate + Unpin> Clone for Live<A> {
    fn clone(&self) -> Self {
        Self {
            actor: self.actor.clone(),
            admission: self.admission.clone(),
            keep_until: Arc::clone(&self.keep_until),
        }
    }
}

impl<A: Aggregate + Unpin> Directory<A> {
    /// A directory over `arbiters`, one shard on each.
    pub fn new(ledger: Ledger, arbiters: &[Arbiter], bounds: Bounds) -> Arc<Self> {
        let shard = |arbiter: &Arbiter| {
            Arc::new(Shard {
                arbiter: arbiter.handle(),
                admission: Admission::new(bounds.orders_per_shard),
                live: Mutex::default(),
                panics: Mutex::default(),
            })
        };
        let shards: Vec<_> = arbiters.iter().map(shard).collect();
        let directory = Arc::new(Self { shards, ledger, bounds, started: Instant::now() });
        for shard in &directory.shards {
            let (weak, of) = (Arc::downgrade(&directory), Arc::downgrade(shard));
            shard.arbiter.spawn(async move {
                let mut ticks = actix::clock::interval(SWEEP);
                loop {
                    ticks.tick().await;
                    let (Some(directory), Some(shard)) = (weak.upgrade(), of.upgrade()) else {
                        return;
                    };
                    directory.sweep(&shard);
                }
            });
        }
        directory
    }

    /// Gives an order to a stream's actor and waits for what comes of it.
    pub async fn tell(&self, stream: StreamId, order: Order<A>) -> Result<Carried<A>, Failure> {
        self.carry(stream, order, false).await
    }

    /// The same for a stream nobody has written to yet: there is nothing to read.
    pub async fn begin(&self, stream: StreamId, order: Order<A>) -> Result<Carried<A>, Failure> {
        self.carry(stream, order, true).await
    }

    async fn carry(
        &self,
        stream: StreamId,
        order: Order<A>,
        is_new: bool,
    ) -> Result<Carried<A>, Failure> {
        let order = Arc::new(order);
        let shard = self.shard(stream);
        let _room = shard.admission.enter()?;
        for _ in 0..PANICS {
            let live = self.wake(shard, stream, is_new)?;
            let _turn = live.admission.enter()?;
            match live.actor.send(Carry(Arc::clone(&order))).await {
                Ok(outcome) => {
                    let settled = outcome.as_ref().is_ok_and(|carried| carried.state.is_settled());
                    self.keep(&live, if settled { SETTLED } else { IDLE });
                    return outcome;
                }
                Err(closed) => crashed(shard, stream, &live, closed),
            }
        }
        Err(Failure::Quarantined(stream))
    }

    /// The state of a stream, as new as its last event.
    pub async fn state(&self, stream: StreamId) -> Result<Arc<A>, Failure> {
        let shard = self.shard(stream);
        let _room = shard.admission.enter()?;
        for _ in 0..PANICS {
            let live = self.wake(shard, stream, false)?;
            let _turn = live.admission.enter()?;
            match live.actor.send(Peek::default()).await {
                Ok(state) => return state,
                Err(closed) => crashed(shard, stream, &live, closed),
            }
        }
        Err(Failure::Quarantined(stream))
    }

    /// How many actors are live.
    pub fn live(&self) -> usize {
        self.shards.iter().map(|shard| lock(&shard.live).len()).sum()
    }

    /// Whether some streams have no room for another order.
    pub fn is_full(&self) -> bool {
        self.shards.iter().any(|shard| shard.admission.inside() >= self.bounds.orders_per_shard)
    }

    /// How many orders are waiting or being carried out.
    pub fn waiting(&self) -> usize {
        self.shards.iter().map(|shard| shard.admission.inside()).sum()
    }

    fn shard(&self, stream: StreamId) -> &Arc<Shard<A>> {
        // The last bytes of a UUID are random in every version used here.
        let at = usize::from(stream.uuid.as_bytes()[15]) % self.shards.len();
        &self.shards[at]
    }

    fn wake(
        &self,
        shard: &Arc<Shard<A>>,
        stream: StreamId,
        is_new: bool,
    ) -> Result<Live<A>, Failure> {
        if lock(&shard.panics).get(&stream).is_some_and(|panics| *panics >= PANICS) {
            return Err(Failure::Quarantined(stream));
        }
        let mut all = lock(&shard.live);
        let live = all.entry(stream).or_insert_with(|| {
            let ledger = self.ledger.clone();
            Live {
                actor: EntityActor::start_in_arbiter(&shard.arbiter, move |_| {
                    EntityActor::new(stream, ledger, is_new)
                }),
                admission: Admission::new(self.bounds.orders_per_stream),
                keep_until: Arc::default(),
            }
        });
        let live = live.clone();
        drop(all);
        self.keep(&live, IDLE);
        Ok(live)
    }

    fn keep(&self, live: &Live<A>, time: Duration) {
        live.keep_until.store(millis(self.started.elapsed() + time), Ordering::Release);
    }

    fn sweep(&self, shard: &Shard<A>) {
        let now = millis(self.started.elapsed());
        lock(&shard.live).retain(|_, live| {
            live.keep_until.load(Ordering::Acquire) > now || live.admission.inside() > 0
        });
    }
}

/// An actor is only dropped from the map, never stopped: it ends by itself when the last sender has
/// let go, so nothing in its queue is lost. One that is closed has panicked.
fn crashed<A: Aggregate + Unpin>(
    shard: &Shard<A>,
    stream: StreamId,
    live: &Live<A>,
    closed: MailboxError,
) {
    let mut all = lock(&shard.live);
    if all.get(&stream).is_some_and(|current| current.actor == live.actor) {
        all.remove(&stream);
        drop(all);
        let mut panics = lock(&shard.panics);
        let count = panics.entry(stream).or_default();
        *count += 1;
        tracing::error!(%stream, panics = *count, %closed, "the actor of a stream panicked");
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A poisoned lock guards a map that is whole after every statement.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use moneta_events::{Actor, Category, SubjectId, Timestamp};
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::username::{Command, Username},
        engine::{order::Context, scribe::Scribe},
        runtime::{clock::SystemClock, entropy::Entropy},
        store::memory::MemoryLog,
    };

    const STREAM: StreamId = StreamId::new(Category::Username, Uuid::from_u128(1));
    const ALICE: SubjectId = SubjectId(Uuid::from_u128(0xA11CE));

    fn directory() -> Arc<Directory<Username>> {
        let scribe = Scribe {
            node: "node".into(),
            configuration: "configuration".into(),
            clock: Arc::new(SystemClock),
            entropy: Entropy::default(),
        };
        let ledger = Ledger { store: Arc::new(MemoryLog::new()), scribe };
        let bounds = Bounds { orders_per_shard: 8, orders_per_stream: 8 };
        Directory::new(ledger, &[Arbiter::new()], bounds)
    }

    fn order(id: u128, command: Command) -> Order<Username> {
        let context = Context {
            now: Timestamp::from_seconds(1_800_000_000),
            actor: Actor::system("test"),
            source: None,
            transaction: None,
            causation: Uuid::nil(),
            correlation: Uuid::nil(),
        };
        Order { id: Uuid::from_u128(id), command, context }
    }

    impl Directory<Username> {
        /// As if every actor had been idle for long enough.
        fn passivate(&self) {
            for shard in &self.shards {
                for live in lock(&shard.live).values() {
                    live.keep_until.store(0, Ordering::Release);
                }
                self.sweep(shard);
            }
        }
    }

    #[test]
    fn an_idle_actor_goes_and_comes_back_by_replay() {
        actix::System::new().block_on(async {
            let directory = directory();
            let claim = || order(1, Command::Claim(ALICE));
            directory.begin(STREAM, claim()).await.unwrap();
            directory.sweep(&directory.shards[0]);
            assert_eq!(directory.live(), 1, "its time is not over");
            directory.passivate();
            assert_eq!(directory.live(), 0);
            let state = directory.state(STREAM).await.unwrap();
            assert_eq!((state.holder, directory.live()), (Some(ALICE), 1));
            directory.passivate();
            let again = directory.tell(STREAM, claim()).await.unwrap();
            assert_eq!(again.position, None, "an order of before is known by the replay");
            directory.tell(STREAM, order(2, Command::Release(ALICE))).await.unwrap();
        });
    }

    #[test]
    fn an_actor_somebody_waits_for_is_kept() {
        actix::System::new().block_on(async {
            let directory = directory();
            directory.begin(STREAM, order(1, Command::Claim(ALICE))).await.unwrap();
            let turn = lock(&directory.shards[0].live)[&STREAM].admission.enter().unwrap();
            directory.passivate();
            assert_eq!(directory.live(), 1);
            drop(turn);
            directory.passivate();
            assert_eq!(directory.live(), 0);
        });
    }
}
