//! Somebody else who uses the provider while it is attacked. Cases speak of what others notice at the
//! 99th percentile, and on a busy machine that is the scheduler's as much as the provider's: so it is
//! measured against a control in the same run, part by part in turn.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::support::{http::Http, provider::Provider, rp::Client};

use super::{
    fixtures,
    judge::{Verdict, ensure},
    stage::Stage,
};

/// Below this, a difference in time is noise.
const NOISE: Duration = Duration::from_millis(50);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(2);
/// So many requests make a 99th percentile.
const ENOUGH: usize = 300;

/// Times that were measured.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    /// Adds those of another part of the run.
    pub fn add(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// What one request in a hundred exceeds.
    fn p99(&self) -> Duration {
        self.quantile(99)
    }

    fn quantile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or(Duration::MAX)
    }

    /// Whether others waited less than `limit`, or where the machine is slow itself, less than twice as
    /// long as without the attack.
    pub fn below(&self, limit: Duration, control: &Self) -> Verdict {
        let (p99, calm) = (self.p99(), control.p99());
        eprintln!(
            "DBG p99 {p99:?} control {calm:?}, {} {:?} {:?}",
            self.0.len(),
            self.quantile(50),
            control.quantile(50)
        );
        ensure(p99 < limit.max(2 * calm), || {
            format!(
                "p99 {p99:?} of {}, in the control {calm:?} of {}",
                self.0.len(),
                control.0.len()
            )
        })
    }
}

/// The one who asks, until told to stop.
pub struct Bystander {
    stop: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
    times: JoinHandle<Vec<Times>>,
}

impl Bystander {
    /// Asks each of the providers in turn.
    pub fn of(providers: &[&Provider]) -> Self {
        let mut visited: Vec<(Http, Client)> =
            providers.iter().map(|one| (one.http.clone(), one.client("low"))).collect();
        let (stop, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (stopped, count) = (Arc::clone(&stop), Arc::clone(&asked));
        // On a thread of its own, or it would wait for the attackers' turns.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime needs threads and nothing else");
        let run = async move {
            let mut times: Vec<Times> = visited.iter().map(|_| Times::default()).collect();
            while !stopped.load(Ordering::Relaxed) {
                for ((http, client), times) in visited.iter().zip(&mut times) {
                    times.0.push(http.get("/jwks", &[]).await.took);
                    times.0.push(client.client_credentials("api").await.took);
                }
                count.fetch_add(2, Ordering::Relaxed);
                // Whoever comes first is not always the same one.
                visited.reverse();
                times.reverse();
                tokio::time::sleep(PAUSE).await;
            }
            if count.load(Ordering::Relaxed) / 2 % 2 == 1 {
                times.reverse();
            }
            times
        };
        let times = thread::spawn(move || runtime.block_on(run));
        Self { stop, asked, times }
    }

    /// Whether it has seen enough for a percentile.
    fn has_enough(&self) -> bool {
        self.asked.load(Ordering::Relaxed) >= ENOUGH
    }

    /// What it noticed at its only provider.
    pub async fn only(self) -> Times {
        self.stop().await.pop().unwrap_or_default()
    }

    /// What it noticed at each provider.
    async fn stop(self) -> Vec<Times> {
        self.stop.store(true, Ordering::Relaxed);
        let joined = tokio::task::spawn_blocking(|| self.times.join()).await;
        joined.expect("it is only waited for").expect("a bystander does not panic")
    }
}

/// Whether `attack` leaves others alone: what they notice at the attacked provider and, request by request
/// in turn, at a second one in this process that is left in peace. Carried out again until enough is known.
pub async fn left_alone<T>(stage: &Stage, mut attack: impl AsyncFnMut() -> T) -> (Vec<T>, Verdict) {
    let control = Provider::start(fixtures::options(&stage.case)).await;
    let bystander = Bystander::of(&[&stage.provider, &control]);
    let mut done = vec![attack().await];
    while !bystander.has_enough() {
        done.push(attack().await);
    }
    let times = bystander.stop().await;
    (done, times[0].below(NOISE, &times[1]))
}
