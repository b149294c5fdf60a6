//! Views of one stream beside its log: never older than what was acknowledged before somebody asked,
//! whoever is faster, and never more of them than there is room for.

use std::{
    cell::Cell,
    panic::AssertUnwindSafe,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::FutureExt as _;
use moneta::{
    domain::session::{Command, Session},
    engine::{execute::Ledger, loaded::Loaded, order::Order},
    feed::{
        board::{Board, NoView},
        publish::Published,
    },
    store::{Append, AppendError, EventStore},
};
use moneta_events::{
    Category, Digest, StreamId,
    session::{Reauthenticated, Started},
};
use moneta_projections::{session::SessionView, view};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{
    cast::{self, BEGINNING},
    interleavings::ledger,
    log::{Fate, Log, Turns},
    schedule::{Task, every_schedule},
    world::ready,
};

/// The appends that make a session of `events` events.
fn session(stream: StreamId, events: usize) -> Vec<Append> {
    let log = Log::new();
    let ledger: Ledger = ledger(log.clone());
    let mut loaded = Loaded::<Session>::fresh(stream);
    for event in 0..events {
        let (secret, auth_time) = (Digest::of(&[&event.to_be_bytes()]), BEGINNING);
        let (acr, amr) = ("1".to_owned(), Vec::new());
        let (subject, expires_at) = (cast::user(0), BEGINNING.plus_seconds(60));
        let command = if event == 0 {
            Command::Start(Started { subject, secret, auth_time, acr, amr, expires_at })
        } else {
            let with = Reauthenticated { secret, auth_time, acr, amr, expires_at };
            Command::Reauthenticate { subject, with }
        };
        let order = Order { id: Uuid::from_u128(event as u128), command, context: cast::context() };
        ready(ledger.execute(&mut loaded, &order)).unwrap();
    }
    let append = |recorded: moneta_events::Recorded| {
        let expected = match recorded.revision.checked_sub(1) {
            None => moneta::store::Expected::NoStream,
            Some(last) => moneta::store::Expected::Revision(last),
        };
        Append { stream, expected, bodies: vec![recorded.body] }
    };
    log.stream(stream).into_iter().map(append).collect()
}

/// A board and the store that tells it of appends.
fn published(capacity: usize, store: Arc<dyn EventStore>) -> (Arc<Board<SessionView>>, Published) {
    let board = Arc::new(Board::new(capacity));
    let published = Published::new(store, vec![board.clone()]);
    (board, published)
}

/// Plays writers and readers of one session in every order. Each writer makes one of the appends, and
/// gives up where another was not faster; `fates` are what the store does with them.
fn play(writers: usize, readers: usize, fates: &[Fate]) -> usize {
    let stream = cast::session(0);
    let appends = session(stream, writers + 1);
    every_schedule(|schedule| {
        let log = Log::new();
        let turns = Arc::new(Turns { log: log.clone(), before_answers: true });
        let (board, published) = published(8, turns);
        ready(log.append(appends[0].clone())).unwrap();
        log.set_fates(fates.iter().copied(), []);
        let acknowledged = Cell::new(1);
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for append in &appends[1..] {
            let (log, published, acknowledged) = (&log, &published, &acknowledged);
            tasks.push(Box::pin(async move {
                match published.append(append.clone()).await {
                    Ok(done) => acknowledged.set(acknowledged.get().max(done.last_revision + 1)),
                    // Whoever hears that it is not known looks it up.
                    Err(AppendError::Unknown(_)) => acknowledged.set(log.len() as u64),
                    Err(_) => {}
                }
            }));
        }
        for _ in 0..readers {
            let (board, published, acknowledged) = (&board, &published, &acknowledged);
            tasks.push(Box::pin(async move {
                let before = acknowledged.get();
                let seen = board.get(stream, published).await.unwrap();
                assert!(seen.next_revision >= before, "an old view where {before} were known");
            }));
        }
        schedule.run(tasks);
        let fold = view::fold::<SessionView>(&log.stream(stream)).unwrap();
        if let Some(held) = board.held(stream) {
            assert_eq!(*held, fold, "what is held when all is done");
        }
        assert_eq!(log.len() as u64, acknowledged.get());
    })
}

#[test]
fn a_view_is_never_older_than_what_was_acknowledged() {
    use Fate::{AnswerLost, CallLost, Fine};
    let mut schedules = 0;
    for fate in [Fine, AnswerLost, CallLost] {
        schedules += play(2, 1, &[fate]);
    }
    for fate in [Fine, AnswerLost] {
        schedules += play(1, 2, &[fate]);
    }
    assert!(schedules > 5_000, "only {schedules} schedules");
}

#[test]
fn threads_see_what_was_acknowledged() {
    const STREAMS: usize = 24;
    const EVENTS: usize = 12;
    let log = Log::new();
    let (board, published) = published(4, log.clone());
    let streams: Vec<StreamId> = (0..STREAMS).map(cast::session).collect();
    let acknowledged: Vec<AtomicU64> = (0..STREAMS).map(|_| AtomicU64::new(0)).collect();
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (streams, acknowledged, published) = (&streams, &acknowledged, &published);
            scope.spawn(move || {
                let own: Vec<usize> = (0..STREAMS).filter(|at| at % 2 == half).collect();
                let made: Vec<_> = own.iter().map(|at| session(streams[*at], EVENTS)).collect();
                for event in 0..EVENTS {
                    for (appends, at) in made.iter().zip(&own) {
                        ready(published.append(appends[event].clone())).unwrap();
                        acknowledged[*at].store(event as u64 + 1, Ordering::SeqCst);
                    }
                }
            });
            let (board, log) = (&board, &log);
            scope.spawn(move || {
                for round in 0..5 * STREAMS * EVENTS {
                    let at = round * 7 % STREAMS;
                    let before = acknowledged[at].load(Ordering::SeqCst);
                    let seen = ready(board.get(streams[at], &**log)).unwrap();
                    assert!(seen.next_revision >= before, "{at}: an old view");
                    assert!(board.len() <= 8);
                }
            });
        }
    });
    for stream in streams {
        let fold = view::fold::<SessionView>(&log.stream(stream)).unwrap();
        assert_eq!(*ready(board.get(stream, &*log)).unwrap(), fold);
    }
}

#[derive(Debug, Clone)]
enum Touch {
    Read(usize),
    Append(usize),
    AppendUnknown(usize),
    Hold(usize),
}

fn touch() -> impl Strategy<Value = Touch> {
    prop_oneof![
        4 => (0..12_usize).prop_map(Touch::Read),
        4 => (0..12_usize).prop_map(Touch::Append),
        1 => (0..12_usize).prop_map(Touch::AppendUnknown),
        2 => (0..12_usize).prop_map(Touch::Hold),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_board_holds_no_more_than_twice_its_capacity(
        capacity in 0..5_usize,
        touches in prop::collection::vec(touch(), 0..80),
    ) {
        let log = Log::new();
        let (board, published) = published(capacity, log.clone());
        let stories: Vec<_> = (0..12).map(|at| session(cast::session(at), 8)).collect();
        for touch in touches {
            let stream = |at| cast::session(at);
            match touch {
                Touch::Read(at) => {
                    let seen = ready(board.get(stream(at), &*log)).unwrap();
                    prop_assert_eq!(&*seen, &view::fold(&log.stream(stream(at))).unwrap());
                }
                Touch::Append(at) | Touch::AppendUnknown(at) => {
                    if matches!(touch, Touch::AppendUnknown(_)) {
                        log.set_fates([Fate::AnswerLost], []);
                    }
                    let next = log.stream(stream(at)).len();
                    if let Some(append) = stories[at].get(next) {
                        let _ = ready(published.append(append.clone()));
                    }
                }
                Touch::Hold(at) => {
                    if let Some(held) = board.held(stream(at)) {
                        prop_assert_eq!(&*held, &view::fold(&log.stream(stream(at))).unwrap());
                    }
                }
            }
            prop_assert!(board.len() <= 2 * capacity.max(1), "{} views", board.len());
        }
    }
}

#[test]
fn another_kind_of_stream_does_not_concern_a_board() {
    let log = Log::new();
    let (board, published) = published(8, log.clone());
    let stream = StreamId::new(Category::Subject, Uuid::from_u128(1));
    let append = Append { stream, ..session(cast::session(0), 1).remove(0) };
    ready(published.append(append)).unwrap();
    assert!(board.is_empty());
}

#[tokio::test]
async fn the_views_hear_of_an_append_whose_caller_went_away() {
    let stream = cast::session(0);
    let appends = session(stream, 2);
    let log = Log::new();
    let (board, published) = published(8, log.clone());
    published.append(appends[0].clone()).await.unwrap();
    assert_eq!(board.get(stream, &published).await.unwrap().next_revision, 1);
    let mut appended = published.appended();
    appended.borrow_and_update();
    log.close();
    {
        let mut append = published.append(appends[1].clone());
        assert!((&mut append).now_or_never().is_none());
        log.until_waiting(1).await;
    }
    log.open();
    appended.changed().await.unwrap();
    assert_eq!(board.held(stream).unwrap().next_revision, 2);
}

#[tokio::test]
async fn after_a_panic_of_the_store_nothing_old_is_held() {
    let stream = cast::session(0);
    let appends = session(stream, 2);
    let log = Log::new();
    let (board, published) = published(8, log.clone());
    published.append(appends[0].clone()).await.unwrap();
    assert_eq!(board.get(stream, &published).await.unwrap().next_revision, 1);
    log.set_fates([Fate::Panic], []);
    let append = AssertUnwindSafe(published.append(appends[1].clone()));
    assert!(append.catch_unwind().await.is_err());
    assert!(board.held(stream).is_none(), "the outcome is not known");
    assert_eq!(board.get(stream, &published).await.unwrap().next_revision, 2);
}

#[test]
fn no_view_is_made_of_a_stream_that_was_changed() {
    let stream = cast::session(0);
    let mut appends = session(stream, 3);
    let first = String::from_utf8(appends[0].bodies[0].to_vec()).unwrap();
    let changed = first.replace(r#""acr":"1""#, r#""acr":"2""#);
    assert_ne!(first, changed);
    appends[0].bodies[0] = changed.into_bytes().into();
    let log = Log::new();
    for append in appends {
        ready(log.append(append)).unwrap();
    }
    let (board, published) = published(8, log);
    let refused = ready(board.get(stream, &published)).unwrap_err();
    assert!(matches!(refused, NoView::Broken(_)), "{refused}");
    assert!(refused.to_string().contains(&stream.to_string()), "{refused}");
    assert!(board.is_empty());
}
