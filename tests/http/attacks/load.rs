//! Floods, scaled to a test machine. They run alone in the process, and compare the provider with itself:
//! what others notice while the flood runs against what they notice without it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::task::JoinHandle;

use crate::support::{
    answer::Answer,
    http::{Http, encode},
    rp::{Client, random},
    wire::{Wire, post},
};

use super::{
    judge::{Verdict, ensure},
    race::fire,
    run::Run,
    stage::Stage,
};

/// Below this, a difference in time is noise.
const NOISE: Duration = Duration::from_millis(50);

/// Somebody else who uses the provider all the while.
struct Bystander {
    stop: Arc<AtomicBool>,
    times: JoinHandle<Vec<Duration>>,
}

impl Bystander {
    fn start(http: Http, client: Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let times = tokio::spawn(async move {
            let mut times = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                times.push(http.get("/jwks", &[]).await.took);
                times.push(client.client_credentials("api").await.took);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            times
        });
        Self { stop, times }
    }

    /// What was noticed most of the time. The tail is the scheduler's on a machine that runs provider,
    /// attackers and bystanders in one unoptimised process.
    async fn median(self) -> Duration {
        self.stop.store(true, Ordering::Relaxed);
        let mut times = self.times.await.expect("a bystander does not panic");
        times.sort_unstable();
        times.get(times.len() / 2).copied().unwrap_or_default()
    }
}

fn bystander(stage: &Stage) -> Bystander {
    Bystander::start(stage.provider.http.clone(), stage.client("low"))
}

async fn calm(stage: &Stage) -> Duration {
    let bystander = bystander(stage);
    tokio::time::sleep(Duration::from_millis(500)).await;
    bystander.median().await
}

fn not_twice(calm: Duration, busy: Duration) -> Verdict {
    ensure(busy < (2 * calm).max(NOISE), || format!("the median was {calm:?}, is {busy:?}"))
}

/// Resident memory of this process in KiB.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Memory after many requests with another `ui_locales` each, against as many with the same.
pub async fn locales(stage: &mut Stage) -> Result<Run, String> {
    const REQUESTS: usize = 1_500;
    async fn ask(stage: &mut Stage, locale: impl Fn() -> String) -> Answer {
        let mut last = None;
        for _ in 0..REQUESTS {
            let request = stage.request("web").with("ui_locales", &locale());
            let answer = stage.provider.http.get(&request.path(), &[]).await;
            last = Some(answer);
        }
        last.expect("there are requests")
    }
    ask(stage, || "en".to_owned()).await;
    let before = resident();
    ask(stage, || "en-GB".to_owned()).await;
    let with_one = resident();
    let answer = ask(stage, random).await;
    let with_many = resident();
    let growth = with_many.saturating_sub(with_one);
    let usual = with_one.saturating_sub(before);
    let flat = ensure(growth <= usual + with_one / 20, || {
        format!("{growth} KiB more, {usual} KiB with one locale, of {with_one} KiB")
    });
    Ok(Run { measured: vec![("RSS flat within 5 %", flat)], ..Run::one(answer) })
}

/// Passwords of 1 MiB from many connections at once.
pub async fn huge_passwords(stage: &mut Stage) -> Result<Run, String> {
    let calm = calm(stage).await;
    stage.login_page().await;
    stage.browser.fill("username", "alice");
    stage.browser.fill("password", &"x".repeat(1 << 20));
    let (_, target, pairs) = stage.browser.submission("login-submit");
    let message = stage.browser.message(&target, &pairs);
    stage.head = stage.provider.head().await;
    let bystander = bystander(stage);
    let answers = early_answers(stage, message, 200).await;
    let busy = bystander.median().await;
    let hashed = super::must_state::checks_made(stage).await;
    Ok(Run {
        measured: vec![
            ("refused before hashing", ensure(hashed == 0, || format!("{hashed} were hashed"))),
            ("p99 of others < 2x", not_twice(calm, busy)),
        ],
        ..Run::many(answers)
    })
}

/// Sends a message that the server may answer before it has read it all.
async fn early_answers(stage: &Stage, message: Vec<u8>, times: usize) -> Vec<Answer> {
    let address = stage.provider.http.address();
    let message: Arc<[u8]> = message.into();
    let tasks: Vec<_> = (0..times)
        .map(|_| {
            let message = Arc::clone(&message);
            tokio::spawn(async move {
                let mut wire = Wire::open(address).await.ok()?;
                let _ = wire.write(&message).await;
                wire.read().await.ok()
            })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.extend(task.await.ok().flatten());
    }
    answers
}

/// More sign-ins than the machine can hash, for many names.
pub async fn hashing_flood(stage: &mut Stage) -> Result<Run, String> {
    let settings = stage.provider.settings();
    let slots = settings.limits.password_hashes;
    let cost_kib = u64::from(settings.passwords.memory_kib);
    let mut messages = Vec::new();
    for i in 0..10 * slots.max(4) {
        let mut browser = stage.provider.browser();
        browser.open(&stage.request("web").path()).await.page();
        browser.fill("username", if i % 2 == 0 { "alice" } else { "ghost" });
        browser.fill("password", "x");
        let (_, target, pairs) = browser.submission("login-submit");
        messages.push(browser.message(&target, &pairs));
    }
    let before = resident();
    let bystander = bystander(stage);
    let peak = Arc::new(std::sync::atomic::AtomicU64::new(before));
    let watch = tokio::spawn({
        let peak = Arc::clone(&peak);
        async move {
            loop {
                peak.fetch_max(resident(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let connections = messages.len();
    let answers = fire(stage, messages, connections).await;
    watch.abort();
    let busy = bystander.median().await;
    let grown = peak.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = (slots as u64 + 1) * cost_kib + 32 * 1024;
    let shed = answers.iter().filter(|a| matches!(a.status, 429 | 503)).count();
    Ok(Run {
        measured: vec![
            ("bounded hashing queue", ensure(shed > 0, || "everybody was let in".to_owned())),
            (
                "token and jwks endpoints keep p99 < 100 ms",
                ensure(busy < Duration::from_millis(100), || format!("the median is {busy:?}")),
            ),
            (
                "RSS bounded by workers x m_cost",
                ensure(grown <= allowed, || format!("{grown} KiB more, {allowed} allowed")),
            ),
        ],
        ..Run::many(answers)
    })
}

/// Connections that send their request a byte at a time: half stop in the head, half in the body.
pub async fn slow_clients(stage: &mut Stage) -> Result<Run, String> {
    const CONNECTIONS: usize = 200;
    const PATIENCE: Duration = Duration::from_secs(40);
    let calm = calm(stage).await;
    let authority = stage.provider.http.authority();
    let address = stage.provider.http.address();
    let head = format!("GET /jwks HTTP/1.1\r\nHost: {authority}\r\nX-Slow: ");
    let padding = vec![("padding", "x".repeat(1_000))];
    let body = post(&authority, "/token", &[], &encode(&padding));
    let bystander = bystander(stage);
    let tasks: Vec<_> = (0..CONNECTIONS)
        .map(|i| {
            let start = if i % 2 == 0 {
                head.clone().into_bytes()
            } else {
                body[..body.len() - 900].to_vec()
            };
            tokio::spawn(async move { drip(address, &start, PATIENCE).await })
        })
        .collect();
    let mut answers = Vec::new();
    let mut alive = 0;
    for task in tasks {
        match task.await.expect("a connection does not panic") {
            Cut::Answered(answer) => answers.push(*answer),
            Cut::Closed => {}
            Cut::Not => alive += 1,
        }
    }
    let busy = bystander.median().await;
    let cut = ensure(alive == 0, || format!("{alive} of {CONNECTIONS} live after {PATIENCE:?}"));
    Ok(Run {
        measured: vec![
            ("cut by header/body deadline", cut),
            ("p99 of others < 2x", not_twice(calm, busy)),
        ],
        ..Run::many(answers)
    })
}

/// What became of a slow connection.
enum Cut {
    Answered(Box<Answer>),
    Closed,
    Not,
}

async fn drip(address: std::net::SocketAddr, start: &[u8], patience: Duration) -> Cut {
    let Ok(mut wire) = Wire::open(address).await else { return Cut::Closed };
    let _ = wire.write(start).await;
    let began = Instant::now();
    while began.elapsed() < patience {
        let heard = wire.hear_out(Duration::from_secs(1)).await;
        match heard.answers.into_iter().next() {
            Some(answer) => return Cut::Answered(Box::new(answer)),
            None if heard.closed => return Cut::Closed,
            None => {
                if wire.write(b"x").await.is_err() {
                    return Cut::Closed;
                }
            }
        }
    }
    Cut::Not
}
