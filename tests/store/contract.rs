//! The contract of [`EventStore`], as functions over any backend.

use std::{future::poll_fn, sync::Arc, task::Poll};

use moneta::store::{Append, AppendError, EventStore, Expected};
use moneta_events::{Category, Recorded, StreamId};
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

use crate::{
    fault::{Fault, Faulty},
    samples::{append, assert_ordered, event, everything, new_stream},
};

pub(crate) type Store = Arc<dyn EventStore>;

/// Runs every function of the contract against a backend. `$open` gives a guard that keeps an empty
/// store alive and the store.
macro_rules! contract {
    ($open:expr) => {
        crate::contract::contract! { $open =>
            bytes_come_back_as_they_were_written,
            reads_are_bounded,
            a_stream_is_created_once,
            an_append_at_the_wrong_place_is_refused,
            an_append_is_all_or_nothing,
            what_is_no_event_is_refused,
            one_of_many_racing_writers_wins,
            a_batch_with_losers_keeps_its_winners,
            a_reader_misses_nothing_and_sees_nothing_twice,
            an_acknowledged_append_is_seen,
            the_streams_of_a_category_are_all_found,
            an_append_outlives_its_caller,
            an_unknown_outcome_is_known_after_a_read,
        }
    };
    ($open:expr => $($rule:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let (_guard, store) = $open;
                crate::contract::$rule(store).await;
            }
        )*
    };
}
pub(crate) use contract;

pub(crate) async fn bytes_come_back_as_they_were_written(store: Store) {
    let texts =
        ["{}", "{ \"b\" : 1,\n\t\"a\":1.0e2 , \"a\":2}  ", "{\"π\":\"\\u0000 \u{10ffff}\"}"];
    let (first, second) = (new_stream(), new_stream());
    let bodies: Vec<Arc<[u8]>> = texts.iter().map(|text| text.as_bytes().into()).collect();
    let wrote = Append { stream: first, expected: Expected::NoStream, bodies: bodies.clone() };
    let appended = store.append(wrote).await.unwrap();
    assert_eq!((appended.last_revision, appended.last_position), (2, 3));
    let appended = store.append(append(second, Expected::NoStream, "other")).await.unwrap();
    assert_eq!((appended.last_revision, appended.last_position), (0, 4));

    let read = store.read(first, 0, 10).await.unwrap();
    let expected: Vec<Recorded> = bodies
        .iter()
        .zip(0..)
        .map(|(body, revision)| Recorded {
            position: revision + 1,
            stream: first,
            revision,
            body: Arc::clone(body),
        })
        .collect();
    assert_eq!(read, expected);
    let all = everything(&*store).await;
    assert_eq!(all[..3], expected);
    assert_eq!((all[3].stream, all[3].revision, &all[3].body), (second, 0, &event("other")));
    assert_eq!(store.head().await.unwrap(), 4);
}

pub(crate) async fn reads_are_bounded(store: Store) {
    let stream = new_stream();
    assert_eq!(store.head().await.unwrap(), 0);
    assert!(store.read(stream, 0, 10).await.unwrap().is_empty());
    assert!(store.read_all(0, 10).await.unwrap().is_empty());

    let bodies = (0..50).map(|n| event(&n.to_string())).collect();
    store.append(Append { stream, expected: Expected::NoStream, bodies }).await.unwrap();
    let places = |read: Vec<Recorded>| read.iter().map(|e| e.revision).collect::<Vec<_>>();
    assert_eq!(places(store.read(stream, 0, 3).await.unwrap()), [0, 1, 2]);
    assert_eq!(places(store.read(stream, 48, 10).await.unwrap()), [48, 49]);
    assert_eq!(places(store.read(stream, 7, 0).await.unwrap()), [0; 0]);
    assert_eq!(places(store.read(stream, 50, 10).await.unwrap()), [0; 0]);
    assert_eq!(places(store.read(stream, u64::MAX, usize::MAX).await.unwrap()), [0; 0]);
    assert_eq!(places(store.read_all(10, 2).await.unwrap()), [10, 11]);
    assert_eq!(places(store.read_all(49, usize::MAX).await.unwrap()), [49]);
    assert_eq!(places(store.read_all(u64::MAX, usize::MAX).await.unwrap()), [0; 0]);
}

pub(crate) async fn a_stream_is_created_once(store: Store) {
    let stream = new_stream();
    store.append(append(stream, Expected::NoStream, "first")).await.unwrap();
    for _ in 0..2 {
        let again = store.append(append(stream, Expected::NoStream, "second")).await;
        assert!(matches!(again, Err(AppendError::Conflict)));
    }
    assert_eq!(everything(&*store).await.len(), 1);
}

pub(crate) async fn an_append_at_the_wrong_place_is_refused(store: Store) {
    let stream = new_stream();
    for (expected, text) in
        [(Expected::NoStream, "0"), (Expected::Revision(0), "1"), (Expected::Revision(1), "2")]
    {
        store.append(append(stream, expected, text)).await.unwrap();
    }
    for revision in [0, 1, 3, 1000, i64::MAX.unsigned_abs(), u64::MAX - 1, u64::MAX] {
        for stream in [stream, new_stream()] {
            let refused = store.append(append(stream, Expected::Revision(revision), "x")).await;
            assert!(matches!(refused, Err(AppendError::Conflict)), "{revision}: {refused:?}");
        }
    }
    assert_eq!(everything(&*store).await.len(), 3);
    store.append(append(stream, Expected::Revision(2), "3")).await.unwrap();
    assert_ordered(&everything(&*store).await);
}

pub(crate) async fn an_append_is_all_or_nothing(store: Store) {
    let stream = new_stream();
    let three = |expected| Append { stream, expected, bodies: ["a", "b", "c"].map(event).into() };
    store.append(append(stream, Expected::NoStream, "0")).await.unwrap();
    for expected in [Expected::NoStream, Expected::Revision(1), Expected::Revision(7)] {
        let refused = store.append(three(expected)).await;
        assert!(matches!(refused, Err(AppendError::Conflict)));
    }
    assert_eq!(store.head().await.unwrap(), 1);
    let appended = store.append(three(Expected::Revision(0))).await.unwrap();
    assert_eq!((appended.last_revision, appended.last_position), (3, 4));
    assert_ordered(&everything(&*store).await);
}

pub(crate) async fn what_is_no_event_is_refused(store: Store) {
    let too_large = format!("{{\"a\":\"{}\"}}", "a".repeat(Append::MAX_BYTES));
    let bad: [&[u8]; 7] =
        [b"", b"[]", b"{", b"{}{}", b" {}", b"{\"a\":\"\xff\"}", too_large.as_bytes()];
    let refuse = async |bodies: Vec<Arc<[u8]>>| {
        let stream = new_stream();
        let refused = store.append(Append { stream, expected: Expected::NoStream, bodies }).await;
        assert!(matches!(refused, Err(AppendError::Invalid(_))), "{refused:?}");
    };
    refuse(Vec::new()).await;
    for body in bad {
        refuse(vec![body.into()]).await;
        refuse(vec![event("good"), body.into()]).await;
    }
    assert_eq!(store.head().await.unwrap(), 0);
}

pub(crate) async fn one_of_many_racing_writers_wins(store: Store) {
    const WRITERS: usize = 64;
    let stream = new_stream();
    let mut expected = Expected::NoStream;
    for round in 0..20 {
        let start = Arc::new(Barrier::new(WRITERS));
        let mut racing = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, start) = (Arc::clone(&store), Arc::clone(&start));
            racing.spawn(async move {
                start.wait().await;
                store.append(append(stream, expected, &writer.to_string())).await.map(|_| writer)
            });
        }
        let answers = racing.join_all().await;
        let winners: Vec<usize> = answers.iter().filter_map(|a| a.as_ref().ok().copied()).collect();
        let losers =
            answers.iter().filter(|answer| matches!(answer, Err(AppendError::Conflict))).count();
        assert_eq!((winners.len(), losers), (1, WRITERS - 1), "round {round}");
        let read = store.read(stream, round, 10).await.unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].body, event(&winners[0].to_string()));
        expected = Expected::Revision(round);
    }
}

pub(crate) async fn a_batch_with_losers_keeps_its_winners(store: Store) {
    let (taken, streams) = (new_stream(), [(); 40].map(|()| new_stream()));
    store.append(append(taken, Expected::NoStream, "taken")).await.unwrap();
    let mut all = JoinSet::new();
    for (number, stream) in streams.into_iter().enumerate() {
        let store = Arc::clone(&store);
        all.spawn(async move {
            let lost = number % 3 == 0;
            let stream = if lost { taken } else { stream };
            let bodies = ["x", "y"].map(event).into();
            let answer =
                store.append(Append { stream, expected: Expected::NoStream, bodies }).await;
            assert_eq!(matches!(answer, Err(AppendError::Conflict)), lost);
            assert_eq!(answer.is_ok(), !lost);
        });
    }
    all.join_all().await;
    let log = everything(&*store).await;
    assert_eq!(log.len(), 1 + 2 * 26);
    assert_ordered(&log);
}

/// A reader that passes a slower writer would miss events for ever (peers lost them that way).
pub(crate) async fn a_reader_misses_nothing_and_sees_nothing_twice(store: Store) {
    const WRITERS: u64 = 64;
    const APPENDS: u64 = 12;
    let delays = (0..WRITERS * APPENDS).map(|n| {
        Fault::Delayed(usize::try_from(n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60).unwrap())
    });
    let slow: Store = Arc::new(Faulty::new(Arc::clone(&store), delays));
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let store = Arc::clone(&slow);
        writers.spawn(async move {
            let stream = new_stream();
            let mut expected = Expected::NoStream;
            for number in 0..APPENDS {
                let bodies = (0..=(writer + number) % 3).map(|n| event(&n.to_string())).collect();
                let appended = store.append(Append { stream, expected, bodies }).await.unwrap();
                expected = Expected::Revision(appended.last_revision);
            }
            appended_events(writer, APPENDS)
        });
    }
    let reader = tokio::spawn({
        let store = Arc::clone(&store);
        let expected: u64 = (0..WRITERS).map(|writer| appended_events(writer, APPENDS)).sum();
        async move { follow(&*store, expected).await }
    });
    let written: u64 = writers.join_all().await.into_iter().sum();
    let seen = reader.await.unwrap();
    assert_eq!(seen.len() as u64, written);
    assert_ordered(&seen);
    assert_eq!(seen, everything(&*store).await);
}

fn appended_events(writer: u64, appends: u64) -> u64 {
    (0..appends).map(|number| 1 + (writer + number) % 3).sum()
}

/// Reads on from the last position seen until there are so many events, with a different appetite each
/// time.
async fn follow(store: &dyn EventStore, events: u64) -> Vec<Recorded> {
    let mut seen: Vec<Recorded> = Vec::new();
    for limit in [1, 7, 100].into_iter().cycle() {
        let after = seen.last().map_or(0, |event| event.position);
        if after >= events {
            break;
        }
        seen.extend(store.read_all(after, limit).await.unwrap());
        tokio::task::yield_now().await;
    }
    seen
}

pub(crate) async fn an_acknowledged_append_is_seen(store: Store) {
    let mut all = JoinSet::new();
    for _ in 0..8 {
        let store = Arc::clone(&store);
        all.spawn(async move {
            for _ in 0..25 {
                let stream = new_stream();
                let appended =
                    store.append(append(stream, Expected::NoStream, "here")).await.unwrap();
                assert_eq!(store.read(stream, 0, 10).await.unwrap().len(), 1);
                assert!(store.head().await.unwrap() >= appended.last_position);
                let there = store.read_all(appended.last_position - 1, 1).await.unwrap();
                assert_eq!(there[0].stream, stream);
            }
        });
    }
    all.join_all().await;
}

pub(crate) async fn the_streams_of_a_category_are_all_found(store: Store) {
    assert!(store.streams(Category::Client).await.unwrap().is_empty());
    let mut clients = Vec::new();
    let kinds = Category::ALL.len() as u128;
    for (number, category) in (0..4 * kinds).zip(Category::ALL.into_iter().cycle()) {
        // The highest and the lowest names of each category are among them.
        let is_low = number % (2 * kinds) < kinds;
        let uuid = Uuid::from_u128(if is_low { number } else { u128::MAX - number });
        let stream = StreamId::new(category, uuid);
        store.append(append(stream, Expected::NoStream, "first")).await.unwrap();
        store.append(append(stream, Expected::Revision(0), "second")).await.unwrap();
        if category == Category::Client {
            clients.push(stream);
        }
    }
    clients.sort_unstable();
    assert_eq!(store.streams(Category::Client).await.unwrap(), clients);
    for category in Category::ALL {
        assert_eq!(store.streams(category).await.unwrap().len(), 4, "{category:?}");
    }
}

pub(crate) async fn an_append_outlives_its_caller(store: Store) {
    let streams: Vec<StreamId> = (0..100).map(|_| new_stream()).collect();
    for &stream in &streams {
        let mut call = store.append(append(stream, Expected::NoStream, "left"));
        poll_fn(|context| {
            let _ = call.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }
    for stream in streams {
        let late = store.append(append(stream, Expected::NoStream, "late")).await;
        assert!(matches!(late, Err(AppendError::Conflict)));
        assert_eq!(store.read(stream, 0, 10).await.unwrap()[0].body, event("left"));
    }
}

pub(crate) async fn an_unknown_outcome_is_known_after_a_read(store: Store) {
    let stream = new_stream();
    let faulty = Faulty::new(Arc::clone(&store), [Fault::Refused, Fault::AcknowledgementLost]);
    let code = append(stream, Expected::NoStream, "the one redemption");

    let refused = faulty.append(code.clone()).await;
    assert!(matches!(refused, Err(AppendError::Unavailable(_))));
    assert!(faulty.read(stream, 0, 10).await.unwrap().is_empty());

    let lost = faulty.append(code.clone()).await;
    assert!(matches!(lost, Err(AppendError::Unknown(_))));
    assert_eq!(faulty.read(stream, 0, 10).await.unwrap()[0].body, code.bodies[0]);

    let another = faulty.append(append(stream, Expected::NoStream, "a second one")).await;
    assert!(matches!(another, Err(AppendError::Conflict)));
    assert_eq!(everything(&*store).await.len(), 1);
}
