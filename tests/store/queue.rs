//! More appends than the log can carry.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use moneta::store::{AppendError, Appended, EventStore, Expected, sqlite::SqliteLog};

use crate::samples::{append, assert_ordered, everything, stream};

type Call = Pin<Box<dyn Future<Output = Result<Appended, AppendError>> + Send>>;

/// Somebody else holds the database, so nothing can be written: callers queue up to the bound, the next
/// one is told at once, and when the way is free all that were let in are carried out.
#[tokio::test]
async fn a_full_queue_is_busy_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let log = Arc::new(SqliteLog::open(directory.path()).unwrap());
    let other = rusqlite::Connection::open(directory.path().join("events.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    let mut context = Context::from_waker(Waker::noop());
    let mut waiting: Vec<Call> = Vec::new();
    let refused = loop {
        let number = waiting.len() as u64;
        let store = Arc::clone(&log);
        let mut call: Call = Box::pin(async move {
            store.append(append(stream(number), Expected::NoStream, "waits")).await
        });
        match call.as_mut().poll(&mut context) {
            Poll::Pending => waiting.push(call),
            Poll::Ready(answer) => break answer,
        }
        assert!(waiting.len() <= 8192, "the queue has a bound");
    };
    assert!(matches!(refused, Err(AppendError::Busy)), "{refused:?}");
    assert!(waiting.len() >= 4096);

    other.execute_batch("ROLLBACK").unwrap();
    let accepted = waiting.len();
    for call in waiting {
        call.await.unwrap();
    }
    let all = everything(&*log).await;
    assert_eq!(all.len(), accepted);
    assert_ordered(&all);
}
