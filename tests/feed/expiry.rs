use std::sync::Arc;

use actix::{Arbiter, System};
use moneta::{
    engine::{directory::Bounds, grants::Grants},
    feed::queries::{Queries, ReadModels},
    process::expiry::Expiry,
    store::EventStore as _,
};
use moneta_events::{
    StreamId,
    transaction::{ExpiredPhase, TransactionEvent},
};
use moneta_projections::timeline::{self, State};

use crate::support::{World, deny, is_at, wait_for};

fn expiry(world: &World, queries: &Queries, arbiter: &Arbiter) -> Expiry {
    let bounds = Bounds { orders_per_shard: 1_024, orders_per_stream: 16 };
    let arbiters = std::slice::from_ref(arbiter);
    let grants = Grants::new(world.ledger.clone(), arbiters, bounds);
    Expiry::new(Arc::new(queries.clone()), grants)
}

/// Runs with a projector and an expiry process that only sweeps when told to.
fn with_expiry<F: Future<Output = ()>>(test: impl FnOnce(World, Queries, Expiry) -> F) {
    System::new().block_on(async {
        let world = World::new();
        let (projector, queries) = world.project(ReadModels::Memory);
        let arbiter = Arbiter::new();
        let expiry = expiry(&world, &queries, &arbiter);
        wait_for(&queries, is_at(0)).await;
        test(world, queries, expiry).await;
        projector.stop().await;
        arbiter.stop();
        arbiter.join().unwrap();
    });
}

/// The events of a transaction, and its last one where that says it expired.
async fn ending(world: &World, stream: StreamId) -> (usize, Option<ExpiredPhase>) {
    let events = world.log.read(stream, 0, 100).await.unwrap();
    let last = events.last().unwrap().envelope().unwrap().payload::<TransactionEvent>().unwrap();
    let phase = match last {
        TransactionEvent::Expired(expired) => Some(expired.phase),
        _ => None,
    };
    (events.len(), phase)
}

async fn up_to_date(world: &World, queries: &Queries) {
    assert!(queries.up_to("timeline", world.head().await).await);
}

#[test]
fn abandoned_transactions_get_their_terminal_event_once_and_finished_ones_none() {
    with_expiry(async |world, queries, mut expiry| {
        let (request, login) = (world.request(), world.authenticate());
        let requested = world.transaction(std::slice::from_ref(&request)).await;
        let authenticated = world.transaction(&[request.clone(), login.clone()]).await;
        let code_out = world.transaction(&[request.clone(), login, world.issue_code()]).await;
        let denied = world.transaction(&[request, deny()]).await;
        let exchanged = world.code_flow().await;

        up_to_date(&world, &queries).await;
        assert_eq!(expiry.sweep().await, 0, "nothing is overdue");
        world.clock.advance(61);
        assert_eq!(expiry.sweep().await, 1, "the code");
        assert_eq!(ending(&world, code_out).await, (5, Some(ExpiredPhase::Code)));
        world.clock.advance(540);
        up_to_date(&world, &queries).await;
        assert_eq!(expiry.sweep().await, 2);
        assert_eq!(ending(&world, requested).await, (2, Some(ExpiredPhase::Login)));
        assert_eq!(ending(&world, authenticated).await, (3, Some(ExpiredPhase::Consent)));

        world.clock.advance(1_000_000);
        for _ in 0..3 {
            up_to_date(&world, &queries).await;
            assert_eq!(expiry.sweep().await, 0, "everything has come to its end");
        }
        assert_eq!(ending(&world, code_out).await.0, 5);
        assert_eq!(ending(&world, denied).await, (2, None));
        assert_eq!(ending(&world, exchanged).await, (6, None));
        let row = queries.query(move |connection| timeline::find(connection, code_out)).await;
        let row = row.unwrap().unwrap();
        assert_eq!((row.state, row.deadline), (State::Expired, None));
    });
}

#[test]
fn many_are_expired_in_one_sweep() {
    with_expiry(async |world, queries, mut expiry| {
        let mut streams = Vec::new();
        for _ in 0..1_100 {
            streams.push(world.transaction(&[world.request()]).await);
        }
        world.clock.advance(600);
        up_to_date(&world, &queries).await;
        assert_eq!(expiry.sweep().await, 1_100);
        for stream in streams {
            assert_eq!(ending(&world, stream).await, (2, Some(ExpiredPhase::Login)));
        }
        // Also before the lists have seen it.
        assert_eq!(expiry.sweep().await, 0);
        assert_eq!(world.head().await, 2_200);
    });
}

#[test]
fn who_finishes_in_time_while_the_lists_lag_is_left_alone() {
    with_expiry(async |world, queries, mut expiry| {
        let stream = world.transaction(&[world.request()]).await;
        up_to_date(&world, &queries).await;
        world.clock.advance(599);
        world.ledger.tell(stream, &world.order(deny())).await.unwrap();
        world.clock.advance(1);
        // Whether the list knows of the denial yet does not matter.
        assert_eq!(expiry.sweep().await, 0);
        assert_eq!(ending(&world, stream).await, (2, None));
    });
}
