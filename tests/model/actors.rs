//! Actors under load: one winner, no queue without a bound, and a crash that stays with its stream.

use std::{
    panic,
    sync::{
        Arc, Once,
        atomic::{AtomicU32, Ordering},
    },
};

use actix::{Arbiter, System};
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{join, join_all},
    stream,
};
use moneta::{
    domain::{
        Aggregate, Decision,
        transaction::{Command, Phase, Transaction},
    },
    engine::{
        directory::{Bounds, Directory},
        execute::Ledger,
        order::{Carried, Failure, Order},
    },
};
use moneta_events::{
    Category, Reason, Recorded, StreamId, chain,
    token::RevocationCause,
    username::{Claimed, Released, UsernameEvent},
};
use uuid::Uuid;

use crate::{
    cast::{self, BEGINNING, digest},
    deed::{Allow, Challenge, Exchange, Move, Response, Verifier},
    interleavings::ledger,
    log::Log,
};

/// As configured where nothing else is.
const DEFAULT: Bounds = Bounds { orders_per_shard: 1024, orders_per_stream: 16 };

/// Runs `test` with a directory over two arbiters.
fn with<A, T, F>(bounds: Bounds, test: T)
where
    A: Aggregate + Unpin,
    T: FnOnce(Arc<Directory<A>>, Arc<Log>, Ledger) -> F,
    F: Future<Output = ()>,
{
    System::new().block_on(async {
        let log = Log::new();
        let ledger = ledger(log.clone());
        let arbiters = [Arbiter::new(), Arbiter::new()];
        test(Directory::new(ledger.clone(), &arbiters, bounds), log, ledger).await;
        for arbiter in arbiters {
            arbiter.stop();
            arbiter.join().unwrap();
        }
    });
}

fn order(ledger: &Ledger, moves: &[Move]) -> Order<Transaction> {
    let command: Command = moves.iter().map(|step| cast::step(step, Ok(()), 0)).collect();
    Order { id: ledger.scribe.entropy.uuid(BEGINNING), command, context: cast::context() }
}

fn up_to_the_code(number: usize) -> [Move; 3] {
    [
        Move::Request { client: 0, scope: 3, challenge: Challenge::S256, response: Response::CODE },
        Move::SignIn { user: 0, session: 0 },
        Move::Allow(Allow::code(1, digest("code", number))),
    ]
}

fn redeem(number: usize, attempt: usize) -> [Move; 1] {
    [Move::Exchange(Exchange {
        code: digest("code", number),
        client: 0,
        right_redirect_uri: true,
        verifier: Verifier::Right,
        scope: 1,
        new_access: digest("access", attempt),
        rotated_to: Some(digest("refresh", attempt)),
    })]
}

fn types(events: &[Recorded]) -> Vec<String> {
    events.iter().map(|event| event.envelope().unwrap().event_type.to_owned()).collect()
}

/// One code redeemed `times` times, `together` at a time; answers with the outcomes.
async fn redeem_often(
    directory: &Directory<Transaction>,
    ledger: &Ledger,
    times: usize,
    together: usize,
) -> Vec<Result<Carried<Transaction>, Failure>> {
    let stream = cast::transaction(0);
    directory.begin(stream, order(ledger, &up_to_the_code(0))).await.unwrap();
    let redemptions = (0..times).map(|at| directory.tell(stream, order(ledger, &redeem(0, at))));
    stream::iter(redemptions).buffer_unordered(together).collect().await
}

fn one_winner_is_on_record(log: &Log) {
    let events = log.stream(cast::transaction(0));
    chain::verify(&events).unwrap();
    assert_eq!(
        types(&events)[4..],
        [
            "transaction.code_exchanged",
            "token.issued",
            "transaction.code_replayed",
            "token.revoked"
        ]
    );
}

#[test]
fn a_thousand_redemptions_of_one_code_have_one_winner() {
    with(DEFAULT, async |directory: Arc<Directory<Transaction>>, log, ledger| {
        let outcomes = redeem_often(&directory, &ledger, 1_000, DEFAULT.orders_per_stream).await;
        let won = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let replayed = |outcome: &&Result<_, Failure>| {
            matches!(outcome, Err(Failure::Refused(Reason::CodeReplayed)))
        };
        let replayed = outcomes.iter().filter(replayed).count();
        assert_eq!((won, replayed), (1, 999), "nobody is turned away within the bounds");
        one_winner_is_on_record(&log);
        assert_eq!(directory.waiting(), 0);
    });
}

#[test]
fn a_thousand_redemptions_at_once_have_one_winner_and_the_rest_is_turned_away() {
    with(DEFAULT, async |directory: Arc<Directory<Transaction>>, log, ledger| {
        let outcomes = redeem_often(&directory, &ledger, 1_000, 1_000).await;
        let count = |wanted: fn(&Result<Carried<Transaction>, Failure>) -> bool| {
            outcomes.iter().filter(|outcome| wanted(outcome)).count()
        };
        let won = count(Result::is_ok);
        let replayed = count(|one| matches!(one, Err(Failure::Refused(Reason::CodeReplayed))));
        let busy = count(|one| matches!(one, Err(Failure::Busy)));
        assert_eq!((won, won + replayed + busy), (1, 1_000));
        assert!(replayed > 0, "those within the bounds are answered");
        one_winner_is_on_record(&log);
        assert_eq!(directory.waiting(), 0);
    });
}

#[test]
fn many_codes_at_once_have_one_winner_each() {
    const CODES: usize = 100;
    with(DEFAULT, async |directory: Arc<Directory<Transaction>>, log, ledger| {
        let race = |number: usize| {
            let (directory, ledger) = (Arc::clone(&directory), ledger.clone());
            async move {
                let stream = cast::transaction(number);
                directory.begin(stream, order(&ledger, &up_to_the_code(number))).await.unwrap();
                let redemptions =
                    (0..8).map(|at| directory.tell(stream, order(&ledger, &redeem(number, at))));
                join_all(redemptions).await.into_iter().flatten().count()
            }
        };
        let winners = join_all((0..CODES).map(race)).await;
        assert_eq!(winners, [1; CODES]);
        for number in 0..CODES {
            chain::verify(&log.stream(cast::transaction(number))).unwrap();
        }
    });
}

#[test]
fn who_finds_no_room_is_told_at_once() {
    let bounds = Bounds { orders_per_shard: 5, orders_per_stream: 2 };
    with(bounds, async |directory: Arc<Directory<Transaction>>, log, ledger| {
        // Even numbers live in one shard, odd ones in the other.
        let [busy, beside, last, elsewhere] = [0, 2, 4, 1].map(cast::transaction);
        let begin = |stream| {
            let (challenge, response) = (Challenge::None, Response::CODE);
            let request = Move::Request { client: 0, scope: 1, challenge, response };
            directory.tell(stream, order(&ledger, &[request]))
        };
        let full = |stream| {
            let outcome = begin(stream).now_or_never();
            matches!(outcome, Some(Err(Failure::Busy)))
        };
        log.close();
        let waiting: Vec<_> = [busy, busy, beside, beside, last]
            .into_iter()
            .map(|stream| {
                let mut order = Box::pin(begin(stream));
                assert!((&mut order).now_or_never().is_none(), "an order waits for the store");
                order
            })
            .collect();
        assert!(full(busy), "the stream is full");
        assert!(full(cast::transaction(6)), "the shard is full");
        let next_door = begin(elsewhere);
        log.open();
        let done = join_all(waiting).await.into_iter().flatten().count();
        assert_eq!(done, 3, "one request each; the second of a stream is out of order");
        next_door.await.unwrap();
        begin(cast::transaction(6)).await.unwrap();
        assert_eq!(directory.waiting(), 0);
    });
}

#[test]
fn a_caller_that_goes_away_tears_nothing() {
    with(DEFAULT, async |directory: Arc<Directory<Transaction>>, log, ledger| {
        let stream = cast::transaction(0);
        directory.begin(stream, order(&ledger, &up_to_the_code(0))).await.unwrap();
        log.close();
        {
            let mut taken = Box::pin(directory.tell(stream, order(&ledger, &redeem(0, 0))));
            assert!((&mut taken).now_or_never().is_none());
            log.until_waiting(1).await;
            let mut queued = Box::pin(directory.tell(stream, order(&ledger, &redeem(0, 1))));
            assert!((&mut queued).now_or_never().is_none());
        }
        log.open();
        let state = directory.state(stream).await.unwrap();
        assert_eq!(state.phase, Phase::Exchanged, "what was begun is finished");
        assert_eq!(state.tokens.revoked, None, "what nobody waits for any more is not begun");
        let again = directory.tell(stream, order(&ledger, &redeem(0, 2))).await;
        assert!(matches!(again, Err(Failure::Refused(Reason::CodeReplayed))), "{again:?}");
        one_winner_is_on_record(&log);
    });
}

#[test]
fn what_another_node_records_is_seen_by_those_who_prepare_an_order() {
    with(DEFAULT, async |directory: Arc<Directory<Transaction>>, _, ledger| {
        let stream = cast::transaction(0);
        let [request, sign_in, allow] = up_to_the_code(0);
        directory.begin(stream, order(&ledger, &[request])).await.unwrap();
        ledger.tell(stream, &order(&ledger, &[sign_in, allow])).await.unwrap();
        assert_eq!(directory.state(stream).await.unwrap().phase, Phase::CodeOut);
        directory.tell(stream, order(&ledger, &redeem(0, 0))).await.unwrap();
        let revoke = order(&ledger, &[Move::RevokeAll]);
        ledger.tell(stream, &revoke).await.unwrap();
        let state = directory.state(stream).await.unwrap();
        assert_eq!(state.tokens.revoked, Some(RevocationCause::Client));
    });
}

/// Holds what it is told, and falls over where it is told to.
#[derive(Debug, Clone, Default)]
struct Grenade;

#[derive(Debug)]
enum Pull {
    Nothing,
    Always,
    /// The first time only.
    Once(AtomicU32),
}

const BANG: &str = "the aggregate was told to fall over";

impl Aggregate for Grenade {
    const CATEGORY: Category = Category::Username;
    type Command = Pull;
    type Event = UsernameEvent;

    fn decide(&self, pull: &Pull) -> Decision<Self> {
        match pull {
            Pull::Nothing => Decision::record(UsernameEvent::Released(Released {})),
            Pull::Always => panic!("{BANG}"),
            Pull::Once(pulled) => {
                assert!(pulled.fetch_add(1, Ordering::SeqCst) > 0, "{BANG}");
                Decision::record(UsernameEvent::Claimed(Claimed { subject: cast::user(0) }))
            }
        }
    }

    fn evolve(&mut self, _: &UsernameEvent) {}
}

/// Keeps the reports of panics that are meant out of the test's output.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !info.to_string().contains(BANG) {
                report(info);
            }
        }));
    });
}

fn pull(command: Pull) -> Order<Grenade> {
    static PULLS: AtomicU32 = AtomicU32::new(0);
    let id = Uuid::from_u128(PULLS.fetch_add(1, Ordering::SeqCst).into());
    Order { id, command, context: cast::context() }
}

fn names(number: u128) -> StreamId {
    StreamId::new(Category::Username, Uuid::from_u128(number))
}

#[test]
fn a_stream_whose_actor_panics_twice_is_quarantined_alone() {
    hush();
    with(DEFAULT, async |directory: Arc<Directory<Grenade>>, log, _| {
        let (bad, good) = (names(2), names(4));
        // Both in one shard, so that they share a thread.
        let others = (0..5).map(|_| directory.tell(good, pull(Pull::Nothing)));
        let (first, others) = join(directory.tell(bad, pull(Pull::Always)), join_all(others)).await;
        assert!(matches!(first, Err(Failure::Quarantined(stream)) if stream == bad), "{first:?}");
        assert!(others.iter().all(Result::is_ok), "the neighbour was not disturbed");
        for _ in 0..3 {
            let later = directory.tell(bad, pull(Pull::Nothing)).await;
            assert!(matches!(later, Err(Failure::Quarantined(stream)) if stream == bad));
            let state = directory.state(bad).await.map(|_| ());
            assert!(matches!(state, Err(Failure::Quarantined(stream)) if stream == bad));
        }
        assert!(log.stream(bad).is_empty());
        directory.tell(good, pull(Pull::Once(AtomicU32::new(1)))).await.unwrap();
        assert_eq!(directory.waiting(), 0, "a panic gives its places back");
    });
}

#[test]
fn an_order_that_met_a_panic_is_carried_out_by_a_new_actor() {
    hush();
    with(DEFAULT, async |directory: Arc<Directory<Grenade>>, log, _| {
        let stream = names(2);
        directory.tell(stream, pull(Pull::Nothing)).await.unwrap();
        directory.tell(stream, pull(Pull::Once(AtomicU32::new(0)))).await.unwrap();
        assert_eq!(types(&log.stream(stream)), ["username.released", "username.claimed"]);
    });
}
