//! Floods, scaled to a test machine. They run alone in the process; see `bystander` for how others are
//! asked what they notice.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use crate::support::{
    answer::Answer,
    http::encode,
    rp::random,
    wire::{Wire, post},
};

use super::{
    bystander::{Bystander, Times, left_alone},
    judge::ensure,
    race::fire,
    run::Run,
    stage::Stage,
};

/// Resident memory of this process in KiB.
pub fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Memory after many requests with another `ui_locales` each, against as many with the same.
pub async fn locales(stage: &mut Stage) -> Result<Run, String> {
    const REQUESTS: usize = 3_000;
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
    const CONNECTIONS: u32 = 200;
    const APART: Duration = Duration::from_millis(2);
    stage.login_page().await;
    stage.browser.fill("username", "alice");
    stage.browser.fill("password", &"x".repeat(1 << 20));
    let (_, target, pairs) = stage.browser.submission("login-submit");
    let message: Arc<[u8]> = stage.browser.message(&target, &pairs).into();
    stage.head = stage.provider.head().await;
    let address = stage.provider.http.address();
    let flood = async || {
        let posts = (0..CONNECTIONS).map(|i| {
            let (message, start) = (Arc::clone(&message), APART * i);
            tokio::spawn(async move {
                tokio::time::sleep(start).await;
                upload(address, &message).await
            })
        });
        futures_util::future::join_all(posts).await
    };
    let (answers, left_alone) = left_alone(stage, flood).await;
    let answers = answers.into_iter().flatten().filter_map(|posted| posted.ok()?).collect();
    let hashed = super::must_state::checks_made(stage).await;
    Ok(Run {
        measured: vec![
            ("refused before hashing", ensure(hashed == 0, || format!("{hashed} were hashed"))),
            ("p99 of others < 2x", left_alone),
        ],
        ..Run::many(answers)
    })
}

/// Sends a message in parts, as a network would bring it; the server may answer before it has it all.
async fn upload(address: SocketAddr, message: &[u8]) -> Option<Answer> {
    const PART: usize = 64 * 1024;
    const BETWEEN: Duration = Duration::from_millis(100);
    let mut wire = Wire::open(address).await.ok()?;
    for part in message.chunks(PART) {
        if wire.write(part).await.is_err() {
            break;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    wire.read().await.ok()
}

/// More sign-ins than the machine can hash, each for another name, in floods with pauses between them.
pub async fn hashing_flood(stage: &mut Stage) -> Result<Run, String> {
    const FLOODS: usize = 4;
    const LIMIT: Duration = Duration::from_millis(100);
    let settings = stage.provider.settings();
    let slots = settings.limits.password_hashes;
    let cost_kib = u64::from(settings.passwords.memory_kib);
    let before = resident();
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
    stage.head = stage.provider.head().await;
    let (mut answers, mut calm, mut busy) = (Vec::new(), Times::default(), Times::default());
    for flood in 0..FLOODS {
        let mut messages = Vec::new();
        for i in 0..20 * slots.max(2) {
            let mut browser = stage.provider.browser();
            browser.open(&stage.request("web").path()).await.page();
            browser.fill("username", &format!("nobody-{flood}-{i}"));
            browser.fill("password", "x");
            let (_, target, pairs) = browser.submission("login-submit");
            messages.push(browser.message(&target, &pairs));
        }
        let bystander = Bystander::of(&[&stage.provider]);
        tokio::time::sleep(Duration::from_millis(500)).await;
        calm.add(bystander.only().await);
        let bystander = Bystander::of(&[&stage.provider]);
        let connections = messages.len();
        answers.extend(fire(stage, messages, connections).await);
        busy.add(bystander.only().await);
    }
    watch.abort();
    let hashed = super::must_state::checks_made(stage).await;
    ensure(hashed >= FLOODS * slots, || format!("only {hashed} were hashed"))?;
    let grown = peak.load(Ordering::Relaxed).saturating_sub(before);
    let allowed = (slots as u64 + 1) * cost_kib + 32 * 1024;
    let shed = answers.iter().filter(|a| matches!(a.status, 429 | 503)).count();
    Ok(Run {
        measured: vec![
            ("bounded hashing queue", ensure(shed > 0, || "everybody was let in".to_owned())),
            ("token and jwks endpoints keep p99 < 100 ms", busy.below(LIMIT, &calm)),
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
    let (cuts, left_alone) = left_alone(stage, async || drip_all(stage, CONNECTIONS).await).await;
    let mut answers = Vec::new();
    let mut alive = 0;
    for cut in cuts.into_iter().flatten() {
        match cut {
            Cut::Answered(answer) => answers.push(*answer),
            Cut::Closed => {}
            Cut::Not => alive += 1,
        }
    }
    let cut = ensure(alive == 0, || format!("{alive} connections live after {PATIENCE:?}"));
    Ok(Run {
        measured: vec![("cut by header/body deadline", cut), ("p99 of others < 2x", left_alone)],
        ..Run::many(answers)
    })
}

/// How long a slow connection may go on.
const PATIENCE: Duration = Duration::from_secs(40);

async fn drip_all(stage: &Stage, connections: usize) -> Vec<Cut> {
    let authority = stage.provider.http.authority();
    let address = stage.provider.http.address();
    let head = format!("GET /jwks HTTP/1.1\r\nHost: {authority}\r\nX-Slow: ");
    let padding = vec![("padding", "x".repeat(1_000))];
    let body = post(&authority, "/token", &[], &encode(&padding));
    let tasks: Vec<_> = (0..connections)
        .map(|i| {
            let start = if i % 2 == 0 {
                head.clone().into_bytes()
            } else {
                body[..body.len() - 900].to_vec()
            };
            tokio::spawn(async move { drip(address, &start, PATIENCE).await })
        })
        .collect();
    let mut cuts = Vec::new();
    for task in tasks {
        cuts.push(task.await.expect("a connection does not panic"));
    }
    cuts
}

/// What became of a slow connection.
enum Cut {
    Answered(Box<Answer>),
    Closed,
    Not,
}

async fn drip(address: SocketAddr, start: &[u8], patience: Duration) -> Cut {
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
