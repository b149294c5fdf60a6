//! The contract of [`GuardStore`], over memory and SQLite, and what SQLite promises beyond it.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use futures_util::future::join_all;
use moneta::store::guard::{
    GuardError, GuardStore, Kind, Reservation, memory::MemoryGuards, sqlite::SqliteGuards,
};
use moneta_events::{Category, Digest, StreamId, Timestamp};
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

type Guards = Arc<dyn GuardStore>;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn stream(number: u128) -> StreamId {
    StreamId::new(Category::Transaction, Uuid::from_u128(number))
}

fn digest(text: &str) -> Digest {
    Digest::of(&[text.as_bytes()])
}

/// A user code that lives for a minute.
fn code(text: &str, value: Option<StreamId>) -> Reservation {
    let expires_at = NOW.plus_seconds(60);
    Reservation { kind: Kind::UserCode, digest: digest(text), value, expires_at }
}

macro_rules! contract {
    ($($rule:ident,)*) => {
        mod memory {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $rule() {
                    super::$rule(std::sync::Arc::new(super::MemoryGuards::default())).await;
                }
            )*
        }
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $rule() {
                    let directory = tempfile::tempdir().unwrap();
                    super::$rule(std::sync::Arc::new(super::open(directory.path()))).await;
                }
            )*
        }
    };
}

contract! {
    a_name_is_reserved_once,
    a_name_is_free_again_when_its_time_is_over,
    a_name_leads_to_its_stream_while_it_is_held,
    only_who_holds_a_name_releases_it,
    one_of_many_racing_callers_wins,
    a_group_with_losers_keeps_its_winners,
    what_has_expired_is_forgotten_and_nothing_else,
}

fn open(directory: &Path) -> SqliteGuards {
    SqliteGuards::open(&directory.join("guards.db")).unwrap()
}

async fn a_name_is_reserved_once(guards: Guards) {
    assert_eq!(guards.reserve(code("a", Some(stream(1))), NOW).await, Ok(true));
    for value in [Some(stream(1)), Some(stream(2)), None] {
        assert_eq!(guards.reserve(code("a", value), NOW).await, Ok(false), "{value:?}");
    }
    assert_eq!(guards.find(Kind::UserCode, digest("a"), NOW).await, Ok(Some(stream(1))));
    assert_eq!(guards.reserve(code("b", None), NOW).await, Ok(true));
    for kind in [Kind::ClientAssertion, Kind::RequestObject] {
        let same_name = Reservation { kind, ..code("a", None) };
        assert_eq!(guards.reserve(same_name, NOW).await, Ok(true), "{kind:?}");
        assert_eq!(guards.reserve(same_name, NOW).await, Ok(false), "{kind:?}");
    }
}

async fn a_name_is_free_again_when_its_time_is_over(guards: Guards) {
    let (last, over) = (Timestamp::from_micros(NOW.as_micros() + 59_999_999), NOW.plus_seconds(60));
    guards.reserve(code("a", Some(stream(1))), NOW).await.unwrap();
    let second = Reservation { expires_at: NOW.plus_seconds(120), ..code("a", Some(stream(2))) };
    assert_eq!(guards.reserve(second, last).await, Ok(false));
    assert_eq!(guards.reserve(second, over).await, Ok(true));
    assert_eq!(guards.reserve(second, over).await, Ok(false));
    assert_eq!(guards.find(Kind::UserCode, digest("a"), over).await, Ok(Some(stream(2))));
}

async fn a_name_leads_to_its_stream_while_it_is_held(guards: Guards) {
    let find = async |text, seconds| {
        guards.find(Kind::UserCode, digest(text), NOW.plus_seconds(seconds)).await.unwrap()
    };
    assert_eq!(find("a", 0).await, None);
    guards.reserve(code("a", Some(stream(1))), NOW).await.unwrap();
    guards.reserve(code("b", None), NOW).await.unwrap();
    assert_eq!(find("a", 0).await, Some(stream(1)));
    assert_eq!(find("a", 59).await, Some(stream(1)));
    assert_eq!(find("a", 60).await, None);
    assert_eq!(find("b", 0).await, None);
    let other_kind = guards.find(Kind::RequestObject, digest("a"), NOW).await;
    assert_eq!(other_kind, Ok(None));
}

async fn only_who_holds_a_name_releases_it(guards: Guards) {
    guards.reserve(code("a", Some(stream(1))), NOW).await.unwrap();
    for value in [Some(stream(2)), None] {
        guards.release(Kind::UserCode, digest("a"), value).await.unwrap();
        assert_eq!(guards.reserve(code("a", None), NOW).await, Ok(false), "{value:?}");
    }
    guards.release(Kind::RequestObject, digest("a"), Some(stream(1))).await.unwrap();
    assert_eq!(guards.reserve(code("a", None), NOW).await, Ok(false));
    for _ in 0..2 {
        guards.release(Kind::UserCode, digest("a"), Some(stream(1))).await.unwrap();
        assert_eq!(guards.find(Kind::UserCode, digest("a"), NOW).await, Ok(None));
    }
    assert_eq!(guards.reserve(code("a", None), NOW).await, Ok(true));
    guards.release(Kind::UserCode, digest("a"), None).await.unwrap();
    assert_eq!(guards.reserve(code("a", Some(stream(3))), NOW).await, Ok(true));
}

async fn one_of_many_racing_callers_wins(guards: Guards) {
    for round in 0..20 {
        let name = round.to_string();
        let barrier = Arc::new(Barrier::new(64));
        let mut racers = JoinSet::new();
        for racer in 0..64 {
            let (guards, barrier) = (Arc::clone(&guards), Arc::clone(&barrier));
            let reservation = code(&name, Some(stream(racer)));
            racers.spawn(async move {
                barrier.wait().await;
                guards.reserve(reservation, NOW).await.unwrap().then_some(reservation.value)
            });
        }
        let winners: Vec<_> = racers.join_all().await.into_iter().flatten().collect();
        let held = guards.find(Kind::UserCode, digest(&name), NOW).await.unwrap();
        assert_eq!(winners, [held], "round {round}");
    }
}

/// Many share a commit, each with its own answer.
async fn a_group_with_losers_keeps_its_winners(guards: Guards) {
    let mut callers = JoinSet::new();
    for number in 0..500_u32 {
        let guards = Arc::clone(&guards);
        callers.spawn(async move {
            let name = (number % 250).to_string();
            guards.reserve(code(&name, None), NOW).await.unwrap()
        });
    }
    let won = callers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 250);
}

async fn what_has_expired_is_forgotten_and_nothing_else(guards: Guards) {
    let reservations = (0..2_500).map(|number| {
        let expires_at = NOW.plus_seconds(if number < 2_100 { 60 } else { 61 });
        guards.reserve(Reservation { expires_at, ..code(&number.to_string(), None) }, NOW)
    });
    assert!(join_all(reservations).await.into_iter().all(|reserved| reserved == Ok(true)));
    assert_eq!(guards.purge(NOW.plus_seconds(59)).await, Ok(0));
    assert_eq!(guards.purge(NOW.plus_seconds(60)).await, Ok(2_100));
    assert_eq!(guards.purge(NOW.plus_seconds(60)).await, Ok(0));
    assert_eq!(guards.reserve(code("2100", None), NOW.plus_seconds(60)).await, Ok(false));
    assert_eq!(guards.reserve(code("2099", None), NOW).await, Ok(true));
}

#[tokio::test]
async fn reservations_outlive_the_process() {
    let directory = tempfile::tempdir().unwrap();
    let guards = open(directory.path());
    guards.reserve(code("a", Some(stream(1))), NOW).await.unwrap();
    let other_process = open(directory.path());
    assert_eq!(other_process.reserve(code("a", None), NOW).await, Ok(false));
    drop(guards);
    let reopened = open(directory.path());
    assert_eq!(reopened.reserve(code("a", None), NOW).await, Ok(false));
    assert_eq!(reopened.find(Kind::UserCode, digest("a"), NOW).await, Ok(Some(stream(1))));
    let mode = fs::metadata(directory.path().join("guards.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Nobody is told that a name was free when it could not be written down.
#[tokio::test]
async fn what_cannot_be_written_is_not_reserved() {
    let directory = tempfile::tempdir().unwrap();
    let guards = open(directory.path());
    let other = rusqlite::Connection::open(directory.path().join("guards.db")).unwrap();
    other
        .execute_batch(
            "CREATE TRIGGER broken BEFORE INSERT ON reservation
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        .unwrap();
    let refused = guards.reserve(code("a", None), NOW).await;
    assert!(matches!(&refused, Err(GuardError::Unavailable(cause)) if cause.contains("no room")));
    other.execute_batch("DROP TRIGGER broken").unwrap();
    assert_eq!(guards.reserve(code("a", None), NOW).await, Ok(true));
}

#[tokio::test]
async fn a_file_of_a_later_version_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    let path = directory.path().join("guards.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 2).unwrap();
    let refused = SqliteGuards::open(&path).unwrap_err();
    assert!(refused.to_string().contains("newer than this program"), "{refused}");
}
