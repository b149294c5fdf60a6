//! What the provider takes while nobody asks it anything, and how soon it answers after its start.

use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use moneta::{
    runtime::{
        clock::{Clock as _, SystemClock},
        entropy::Entropy,
    },
    store::{Append, EventStore as _, Expected, sqlite::SqliteLog},
};
use moneta_events::{
    Actor, Category, Digest, Envelope, EventPayload as _, Outcome, StreamId,
    configuration::{ConfigurationEvent, Loaded},
};

use super::support::{Place, Server};

/// Of its own, without the pages of the program file. Those are 16 MiB where the program is optimised;
/// together they stay below 40 MiB.
const OWN_KIB: u64 = 20 * 1024;
/// Allocators give memory back when they see fit.
const PATIENCE: Duration = Duration::from_secs(30);
/// Events of a log that has been in use.
const EVENTS: usize = 100_000;
/// As many as are checked at the start, and some more.
const FEW_EVENTS: usize = 12_000;
/// An authorization leaves about as many, each about as long as those here.
const EVENTS_OF_A_STREAM: usize = 6;

/// Waits until it takes no more than it may.
fn comes_down(server: &Server) {
    let began = Instant::now();
    while server.own_kib() > OWN_KIB {
        assert!(began.elapsed() < PATIENCE, "it holds {} KiB", server.own_kib());
        thread::sleep(Duration::from_millis(100));
    }
}

/// Appends streams to the log in `data`, which no server has open.
fn grow(data: &Path, events: usize) {
    let (now, entropy) = (SystemClock.now(), Entropy::default());
    let event = ConfigurationEvent::Loaded(Loaded {
        version: "version".to_owned(),
        program: "0.0.0".to_owned(),
        settings: serde_json::json!({ "padding": "x".repeat(400) }),
    });
    let written = event.write().unwrap();
    let bodies = |stream| {
        let mut previous = Digest::ZERO;
        let bodies = (0..EVENTS_OF_A_STREAM as u64).map(|revision| {
            let envelope = Envelope {
                id: entropy.uuid(now),
                event_type: event.event_type().name,
                schema: event.event_type().schema,
                stream,
                revision,
                order: entropy.uuid(now),
                occurred_at: now,
                recorded_at: now,
                transaction: None,
                causation: entropy.uuid(now),
                correlation: entropy.uuid(now),
                actor: Actor::system("test"),
                subject: None,
                client: None,
                source: None,
                outcome: Outcome::SUCCESS,
                configuration: "version",
                node: "test",
                previous,
                data: &written,
            };
            let body: Arc<[u8]> = envelope.to_bytes().into();
            previous = Digest::of(&[&body]);
            body
        });
        bodies.collect()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let log = SqliteLog::open(data).unwrap();
    let streams: Vec<_> = (0..events.div_ceil(EVENTS_OF_A_STREAM))
        .map(|_| StreamId::new(Category::Configuration, entropy.uuid(now)))
        .collect();
    for group in streams.chunks(500) {
        let appends = group.iter().map(|stream| {
            let append =
                Append { stream: *stream, expected: Expected::NoStream, bodies: bodies(*stream) };
            log.append(append)
        });
        for appended in runtime.block_on(futures_util::future::join_all(appends)) {
            appended.unwrap();
        }
    }
}

/// A place whose log has so many events.
fn used(events: usize) -> Place {
    let place = Place::new();
    place.run(&["user", "add", "carol", "--no-password"]).with(0);
    grow(&place.data(), events);
    place
}

/// How long it takes from its start to its first answer.
fn first_answer(place: &Place) -> (Duration, Server) {
    let began = Instant::now();
    let server = place.serve();
    assert_eq!(server.ask("GET /readyz", &[], "").status, 200);
    (began.elapsed(), server)
}

#[test]
fn what_the_first_start_took_is_given_back() {
    let place = Place::new();
    // Three end-users get a password, at the cost of real ones.
    let server = place.serve_with_env(&[
        ("MONETA__PASSWORDS__MEMORY_KIB", "19456"),
        ("MONETA__PASSWORDS__ITERATIONS", "2"),
    ]);
    comes_down(&server);
}

#[test]
fn neither_memory_nor_the_time_to_start_grows_with_the_log() {
    let (small, large) = (used(FEW_EVENTS), used(EVENTS));
    let mut quickest = [Duration::MAX; 2];
    for _ in 0..5 {
        for (place, quickest) in [&small, &large].into_iter().zip(&mut quickest) {
            let (took, server) = first_answer(place);
            *quickest = took.min(*quickest);
            server.stop();
        }
    }
    let [with_few, with_many] = quickest;
    assert!(with_many < with_few * 3 / 2, "{with_many:?}, with a small log {with_few:?}");
    comes_down(&first_answer(&large).1);
}
