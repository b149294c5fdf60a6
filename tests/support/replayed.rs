//! Whether everything a provider has on record leads where the record says: `moneta replay --all` on its
//! log.

use std::{collections::BTreeMap, path::Path, process::Command};

use futures_util::future::join_all;
use moneta::store::{Append, EventStore, Expected, sqlite::SqliteLog};
use moneta_events::StreamId;
use serde_json::Value;

use super::provider::Provider;

/// The program's report.
///
/// # Errors
/// Where the program does not report, or says something else than its exit code.
pub async fn report(provider: &Provider) -> Result<Value, String> {
    let own = provider.directory().join("log");
    if own.exists() {
        return replay(&own);
    }
    let copy = tempfile::tempdir().map_err(|e| e.to_string())?;
    write(&*provider.slow, copy.path()).await?;
    replay(copy.path())
}

/// All streams of `log`, in a log of the program's own.
async fn write(log: &dyn EventStore, directory: &Path) -> Result<(), String> {
    let events = log.read_all(0, usize::MAX).await.map_err(|e| e.to_string())?;
    let mut streams: BTreeMap<StreamId, Vec<_>> = BTreeMap::new();
    for event in events {
        streams.entry(event.stream).or_default().push(event.body);
    }
    let copy = SqliteLog::open(directory).map_err(|e| e.to_string())?;
    let appends = streams.into_iter().map(|(stream, bodies)| {
        copy.append(Append { stream, expected: Expected::NoStream, bodies })
    });
    for appended in join_all(appends).await {
        appended.map_err(|e| e.to_string())?;
    }
    copy.close().await;
    Ok(())
}

fn replay(data: &Path) -> Result<Value, String> {
    let said = Command::new(env!("CARGO_BIN_EXE_moneta"))
        .args(["replay", "--all", "--json", "--data"])
        .arg(data)
        .output()
        .map_err(|e| e.to_string())?;
    let report: Value = serde_json::from_slice(&said.stdout)
        .map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&said.stderr)))?;
    let code = if report["consistent"] == true { 0 } else { 3 };
    if said.status.code() == Some(code) { Ok(report) } else { Err(format!("{said:?}")) }
}
