//! The log in SQLite: the contract, and what lasts when it is closed, opened again or full.

use std::{
    path::Path,
    sync::Arc,
    task::{Context, Waker},
};

use futures_util::future::join_all;
use moneta::store::{AppendError, EventStore, Expected, sqlite::SqliteLog};
use moneta_events::StreamId;
use tempfile::TempDir;

use crate::{
    contract::Store,
    samples::{append, assert_ordered, everything, new_stream, stream},
};

crate::contract::contract!(fresh());

/// An empty log in a directory that goes away with the guard.
fn fresh() -> (TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(directory.path()).unwrap();
    (directory, Arc::new(log))
}

fn open(directory: &Path) -> SqliteLog {
    SqliteLog::open(directory).unwrap()
}

#[tokio::test]
async fn a_log_opened_again_is_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("not").join("there");
    let log = open(&directory);
    let id = log.id().to_owned();
    for number in 0..20 {
        log.append(append(stream(number), Expected::NoStream, "a")).await.unwrap();
    }
    let before = everything(&log).await;
    drop(log);

    let log = open(&directory);
    assert_eq!(log.id(), id);
    assert_eq!(everything(&log).await, before);
    let conflict = log.append(append(stream(3), Expected::NoStream, "b")).await;
    assert!(matches!(conflict, Err(AppendError::Conflict)));
    let appended = log.append(append(stream(3), Expected::Revision(0), "b")).await.unwrap();
    assert_eq!((appended.last_revision, appended.last_position), (1, 21));
    assert_ordered(&everything(&log).await);
}

#[tokio::test]
async fn closing_writes_what_waits() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let calls = (0..500).map(|_| log.append(append(new_stream(), Expected::NoStream, "waits")));
    let waiting: Vec<_> = calls
        .map(|mut call| {
            assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            call
        })
        .collect();
    log.close().await;
    let next = open(directory.path());
    assert_eq!(everything(&next).await.len(), 500);
    for call in waiting {
        call.await.unwrap();
    }
    let late = log.append(append(new_stream(), Expected::NoStream, "late")).await;
    assert!(matches!(late, Err(AppendError::Unavailable(_))));
    assert_eq!(log.head().await.unwrap(), 500, "reads go on");
    log.close().await;
}

#[tokio::test]
async fn a_full_log_refuses_and_recovers() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let text = "x".repeat(3_000);
    let fill = async |log: &SqliteLog| {
        let mut written = 0;
        loop {
            let stream = new_stream();
            match log.append(append(stream, Expected::NoStream, &text)).await {
                Ok(_) => written += 1,
                Err(AppendError::Unavailable(cause)) => break (written, stream, cause),
                Err(other) => panic!("{other}"),
            }
        }
    };
    log.limit_size(Some(1 << 20));
    let (written, refused, cause) = fill(&log).await;
    assert!(written > 100 && cause.contains("full"), "{written} {cause}");
    assert_eq!(fill(&log).await.0, 0, "still full");
    assert_eq!(everything(&log).await.len(), written, "reads go on");

    log.limit_size(Some(2 << 20));
    log.append(append(refused, Expected::NoStream, &text)).await.unwrap();
    let (more, refused, _) = fill(&log).await;
    assert!(more > 100);
    log.limit_size(None);
    log.append(append(refused, Expected::NoStream, &text)).await.unwrap();
    let all = everything(&log).await;
    assert_eq!(all.len(), written + 1 + more + 1);
    assert_ordered(&all);
}

/// Many share a transaction; when it fails, none of them leaves a trace and each may try again.
#[tokio::test]
async fn a_batch_that_fails_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let log = open(directory.path());
    let text = "x".repeat(3_000);
    let attempt = async |streams: Vec<StreamId>| {
        let answers = join_all(
            streams.iter().map(|&stream| log.append(append(stream, Expected::NoStream, &text))),
        )
        .await;
        let refused =
            streams.into_iter().zip(answers).filter_map(|(stream, answer)| match answer {
                Ok(_) => None,
                Err(AppendError::Unavailable(_)) => Some(stream),
                Err(other) => panic!("{other}"),
            });
        refused.collect::<Vec<_>>()
    };
    log.limit_size(Some(1 << 20));
    let refused = attempt((0..600).map(|_| new_stream()).collect()).await;
    assert!(refused.len() > 300, "{}", refused.len());
    log.limit_size(None);
    assert_eq!(attempt(refused).await, []);
    let all = everything(&log).await;
    assert_eq!(all.len(), 600);
    assert_ordered(&all);
}
