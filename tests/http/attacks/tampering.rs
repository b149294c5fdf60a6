//! Somebody changes the log while no node runs.

use std::process::Command;

use serde_json::Value;

use crate::support::logs;

use super::{
    judge::{Verdict, brief, ensure},
    run::Run,
    stage::Stage,
};

/// What stands on record of an event.
struct Place {
    position: i64,
    stream: String,
}

/// One byte of what alice allowed is another, and the node starts again.
pub async fn flipped_byte(stage: &mut Stage) -> Result<Run, String> {
    let tokens = stage.offline_tokens().await;
    let file = stage.provider.directory().join("log/events.db");
    let mut flipped = Err("nothing was changed".to_owned());
    stage.provider.restart(|_| flipped = flip(&file).map_err(|e| e.to_string())).await;
    let place = flipped?;
    stage.log_mark = logs::mark();

    let web = stage.client("web");
    let introspected = web.introspect(&tokens.access).await;
    let refreshed = web.refresh(tokens.refresh()).await;
    let accepted = [&introspected, &refreshed].into_iter().find(|answer| answer.status == 200);
    let silent = ensure(accepted.is_none(), || format!("{:?}", accepted.map(brief)));
    let alarm = logs::since(stage.log_mark).contains("broken digest chain");
    let found = verify(stage, &place)
        .and_then(|()| silent.clone())
        .and_then(|()| ensure(alarm, || "nothing is in the log".to_owned()));
    let other = stage.tokens("web", "openid").await;
    ensure(web.is_active(&other.access).await, || "other streams are not served".to_owned())?;
    let health = stage.provider.http.get("/healthz", &[]).await;
    Ok(Run {
        measured: vec![
            (
                "verify reports position and stream; node refuses to serve that stream or alarms",
                found,
            ),
            ("silent acceptance", silent),
        ],
        ..Run::one(health)
    })
}

/// Flips the lowest bit of one byte of an event, past the triggers that forbid it.
fn flip(file: &std::path::Path) -> rusqlite::Result<Place> {
    let log = rusqlite::Connection::open(file)?;
    log.execute_batch("DROP TRIGGER events_are_never_changed")?;
    let (position, mut body): (i64, String) = log.query_row(
        "SELECT position, body FROM events WHERE body ->> 'type' = 'transaction.consented' \
         ORDER BY position DESC LIMIT 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let envelope: Value = serde_json::from_str(&body).expect("events are JSON");
    let at = body.find("openid").expect("the scope is on record");
    body.replace_range(at..=at, "n");
    log.execute("UPDATE events SET body = ?1 WHERE position = ?2", (&body, position))?;
    let stream = envelope["stream"].as_str().unwrap_or_default().to_owned();
    Ok(Place { position, stream })
}

/// `moneta verify` names the place.
fn verify(stage: &Stage, place: &Place) -> Verdict {
    let verified = Command::new(env!("CARGO_BIN_EXE_moneta"))
        .args(["verify", "--json", "--data"])
        .arg(stage.provider.directory().join("log"))
        .output()
        .map_err(|e| e.to_string())?;
    let report: Value = serde_json::from_slice(&verified.stdout).map_err(|e| e.to_string())?;
    let named = report["findings"].as_array().into_iter().flatten().any(|finding| {
        finding["position"] == place.position && finding["stream"] == place.stream.as_str()
    });
    ensure(verified.status.code() == Some(3) && named, || report.to_string())
}
