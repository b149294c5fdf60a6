//! A store that is held up: what is too much is turned away at once, and nothing is said before it is
//! durable.

use std::time::Duration;

use tokio::time::timeout;

use crate::support::{answer::Answer, demo::PASSWORD};

use super::{judge::ensure, run::Run, stage::Stage};

/// Fills the engine while nothing can be written; then asks for more.
pub async fn shed(stage: &mut Stage) -> Result<Run, String> {
    const WAITING: usize = 32;
    const MORE: usize = 10;
    stage.head = stage.provider.head().await;
    stage.provider.slow.pause();
    let waiting: Vec<_> = (0..WAITING)
        .map(|_| {
            let http = stage.provider.http.clone();
            let path = stage.request("web").path();
            tokio::spawn(async move { http.get(&path, &[]).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(800)).await;
    let mut shed: Vec<Answer> = Vec::new();
    for _ in 0..MORE {
        let path = stage.request("web").path();
        let asked = timeout(Duration::from_secs(5), stage.provider.http.get(&path, &[])).await;
        shed.push(asked.map_err(|_| "a request too many waits as well".to_owned())?);
    }
    let health = stage.provider.http.get("/readyz", &[]).await;
    let early = waiting.iter().filter(|task| task.is_finished()).count();
    let head = stage.provider.head().await;
    stage.provider.slow.resume();
    let mut refused = 0;
    for (at, task) in waiting.into_iter().enumerate() {
        let answer = task.await.map_err(|e| format!("request {at}: {e}"))?;
        refused += usize::from(answer.status >= 400);
    }
    let quickest = shed.iter().map(|answer| answer.took).min().unwrap_or_default();
    let retry = shed.iter().all(|answer| answer.header("retry-after").is_some());
    let says = health.status != 200 || health.text().contains("degraded");
    Ok(Run {
        measured: vec![
            ("Retry-After", ensure(retry, || "there is none".to_owned())),
            (
                "answer < 100 ms",
                ensure(quickest < Duration::from_millis(100), || format!("took {quickest:?}")),
            ),
            (
                "health says degraded",
                ensure(says, || format!("{} {}", health.status, health.text())),
            ),
            (
                "unbounded queue",
                ensure(WAITING - refused <= 8, || format!("{} waited", WAITING - refused)),
            ),
            (
                "answer that was not made durable",
                ensure(head == stage.head && early == refused, || {
                    format!("{early} early answers, {refused} of them refusals")
                }),
            ),
        ],
        ..Run::many(shed)
    })
}

/// The store answers long after the client has given up; the client tries the same code again.
pub async fn late_answer(stage: &mut Stage) -> Result<Run, String> {
    let request = stage.request("web").with("scope", "openid offline_access");
    let stop = stage.browser.open(&request.path()).await;
    let code = stage.browser.finish(stop, "alice", PASSWORD).await.code();
    stage.head = stage.provider.head().await;
    stage.provider.slow.answer_after(Duration::from_millis(1_500));
    let web = stage.client("web");
    let verifier = stage.verifier.clone();
    let first = timeout(Duration::from_millis(300), web.redeem(&code, &verifier)).await;
    ensure(first.is_err(), || "the store was not slow".to_owned())?;
    let answer = web.redeem(&code, &verifier).await;
    stage.provider.slow.answer_after(Duration::ZERO);
    let third = web.redeem(&code, &verifier).await;
    let issued = stage.count("token.issued").await;
    let revoked = stage.count("token.revoked").await;
    let one = ensure(issued <= 1 && (issued == 0 || revoked == 1) && third.status == 400, || {
        format!("{issued} token sets issued, {revoked} revoked, then {}", third.status)
    });
    Ok(Run { measured: vec![("at most one token set ever valid", one)], ..Run::one(answer) })
}
