use std::sync::Arc;

use moneta::feed::{
    projector::Projector,
    queries::{QueryError, ReadModels},
};
use moneta_projections::timeline::{self, Filter};

use crate::support::{Gate, World, is_at, wait_for};

#[tokio::test]
async fn there_is_no_answer_before_there_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    world.code_flow().await;
    for place in [ReadModels::Memory, ReadModels::File(folder.path().join("read.db"))] {
        let gate = Gate::new(Arc::clone(&world.log) as _, false);
        let all = moneta_projections::ALL.to_vec();
        let appended = world.log.appended();
        let (projector, queries) =
            Projector::start(place, Arc::clone(&gate) as _, appended, all).unwrap();
        let stream = world.stream();
        let answer = queries.query(move |connection| timeline::find(connection, stream)).await;
        assert!(matches!(answer, Err(QueryError::NotReady)), "{answer:?}");
        gate.open.add_permits(1_000);
        wait_for(&queries, is_at(6)).await;
        projector.stop().await;
    }
}

#[tokio::test]
async fn who_waits_for_an_event_finds_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new();
    let (projector, queries) = world.project(ReadModels::File(folder.path().join("read.db")));
    for _ in 0..10 {
        let stream = world.code_flow().await;
        assert!(queries.up_to("timeline", world.head().await).await);
        let found = queries.query(move |connection| timeline::find(connection, stream)).await;
        assert_eq!(found.unwrap().unwrap().events, 6);
    }
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_is_as_of_the_position_it_states_while_the_log_grows() {
    let folder = tempfile::tempdir().unwrap();
    let world = Arc::new(World::new());
    let (projector, queries) = world.project(ReadModels::File(folder.path().join("read.db")));
    wait_for(&queries, is_at(0)).await;
    let writer = tokio::spawn({
        let world = Arc::clone(&world);
        async move {
            for _ in 0..150 {
                world.transaction(&[world.request()]).await;
                tokio::task::yield_now().await;
            }
        }
    });
    loop {
        let filter = Filter { limit: 1_000, ..Filter::default() };
        let list = move |connection: &_| timeline::list(connection, &filter);
        let page = queries.query(list).await.unwrap();
        assert_eq!(page.rows.len() as u64, page.position, "one transaction for each event");
        if page.position == 150 {
            break;
        }
        queries.up_to("timeline", page.position + 1).await;
    }
    writer.await.unwrap();
    projector.stop().await;
}
