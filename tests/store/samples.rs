//! Streams and events to write.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use moneta::store::{Append, EventStore, Expected};
use moneta_events::{Category, Recorded, StreamId};
use uuid::Uuid;

/// A stream nobody else has.
pub(crate) fn new_stream() -> StreamId {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    stream(NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The stream with that number.
pub(crate) fn stream(number: u64) -> StreamId {
    let uuid = 0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(number);
    StreamId::new(Category::Transaction, Uuid::from_u128(uuid))
}

/// An event that says `text`.
pub(crate) fn event(text: &str) -> Arc<[u8]> {
    serde_json::json!({ "says": text }).to_string().into_bytes().into()
}

/// One event, at the given place.
pub(crate) fn append(stream: StreamId, expected: Expected, text: &str) -> Append {
    Append { stream, expected, bodies: vec![event(text)] }
}

/// The whole log.
pub(crate) async fn everything(store: &dyn EventStore) -> Vec<Recorded> {
    store.read_all(0, usize::MAX).await.unwrap()
}

/// Positions follow each other from 1, revisions of each stream from 0.
pub(crate) fn assert_ordered(log: &[Recorded]) {
    let mut revisions = std::collections::HashMap::new();
    for (event, position) in log.iter().zip(1..) {
        assert_eq!(event.position, position);
        let next = revisions.entry(event.stream).or_insert(0);
        assert_eq!(event.revision, *next, "{}", event.stream);
        *next += 1;
    }
}
