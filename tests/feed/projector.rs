use std::{
    fs,
    path::Path,
    sync::{Arc, atomic::Ordering},
};

use moneta::feed::{
    projector::Projector,
    queries::{Halted, ReadModels},
};
use moneta_events::client::{ClientMetadata, Registered};
use moneta_projections::{
    Projection, checkpoint, database, rebuild,
    registry::{self, Clients, State},
    timeline::{self, Filter, Timeline},
};

use crate::support::{Gate, Ledgered, World, is_at, silence, wait_for};

/// The rows of every table, as digests.
fn digests(path: &Path) -> Vec<(String, u64, moneta_events::Digest)> {
    let connection = database::open(path).unwrap();
    let builds = checkpoint::all(&connection).unwrap();
    let digest = |build: checkpoint::Checkpoint| {
        let digest = rebuild::digest(&connection, &build).unwrap();
        (build.name, build.position, digest)
    };
    builds.into_iter().map(digest).collect()
}

async fn rows(queries: &moneta::feed::queries::Queries) -> usize {
    let filter = Filter { limit: 1_000, ..Filter::default() };
    queries.query(move |connection| timeline::list(connection, &filter)).await.unwrap().rows.len()
}

async fn register(world: &World, id: &str) {
    let metadata: ClientMetadata =
        serde_json::from_value(serde_json::json!({ "client_id": id })).unwrap();
    let registered = Box::new(Registered { metadata, secret: None });
    let order = world.order(Vec::new());
    let order = moneta::engine::order::Order::<moneta::domain::client::Client> {
        id: order.id,
        command: moneta::domain::client::Command::Register(registered),
        context: order.context,
    };
    let stream = moneta::engine::facts::client_stream(id);
    world.ledger.tell(stream, &order).await.unwrap();
}

#[tokio::test]
async fn it_follows_a_log_that_grows() {
    let world = World::new();
    let (projector, queries) = world.project(ReadModels::Memory);
    wait_for(&queries, is_at(0)).await;
    for count in 1..=3 {
        world.code_flow().await;
        wait_for(&queries, is_at(count * 6)).await;
        assert_eq!(rows(&queries).await as u64, count);
    }
    register(&world, "web").await;
    let status = wait_for(&queries, is_at(19)).await;
    assert_eq!((status.head, status.lag_events, status.is_degraded()), (19, 0, false));
    assert_eq!(status.served("registry_clients").unwrap().changed, 19);
    assert_eq!(status.served("timeline").unwrap().changed, 18);
    let clients =
        queries.query(|connection| registry::clients(connection, None, 10)).await.unwrap();
    assert_eq!((clients.rows[0].client.as_str(), clients.rows[0].state), ("web", State::Enabled));
    projector.stop().await;
}

#[tokio::test]
async fn it_goes_on_where_it_was_however_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let world = World::new();
    let (projector, queries) = world.project(ReadModels::File(path("read.db")));
    for _ in 0..5 {
        world.code_flow().await;
    }
    world.transaction(&[world.request(), world.authenticate()]).await;
    wait_for(&queries, is_at(32)).await;
    // What a crash leaves behind: the files, not closed.
    for file in ["", "-wal"] {
        fs::copy(path(&format!("read.db{file}")), path(&format!("crashed.db{file}"))).unwrap();
    }
    for _ in 0..5 {
        world.code_flow().await;
    }
    projector.stop().await;

    let gate = Gate::new(Arc::clone(&world.log) as _, true);
    let (projector, queries) = Projector::start(
        ReadModels::File(path("crashed.db")),
        Arc::clone(&gate) as _,
        world.log.appended(),
        moneta_projections::ALL.to_vec(),
    )
    .unwrap();
    wait_for(&queries, is_at(62)).await;
    assert_eq!(gate.read_from.load(Ordering::SeqCst), 31, "the last event, to know the log by it");
    projector.stop().await;

    let (projector, queries) = world.project(ReadModels::File(path("fresh.db")));
    wait_for(&queries, is_at(62)).await;
    projector.stop().await;
    let whole = digests(&path("fresh.db"));
    assert_eq!(whole.len(), 3);
    assert_eq!(digests(&path("read.db")), whole, "stopped in order, at the head");
    assert_eq!(digests(&path("crashed.db")), whole);
}

#[tokio::test]
async fn an_event_that_cannot_be_taken_in_stops_one_projection_and_everybody_can_see_it() {
    let world = World::new();
    let (projector, queries) = world.project(ReadModels::Memory);
    let stream = world.code_flow().await;
    world.poison(stream).await;
    world.code_flow().await;
    register(&world, "web").await;
    let seen = |status: &moneta::feed::queries::Status| status.has_seen("registry_clients", 14);
    let status = wait_for(&queries, seen).await;
    let [halted] = &status.halted[..] else { panic!("{status:?}") };
    let Halted { projection, position, revision, .. } = *halted;
    assert_eq!((projection, position, halted.stream, revision), ("timeline", 7, stream, 6));
    assert!(halted.cause.contains("transaction.teleported"), "{}", halted.cause);
    assert_eq!(status.served("timeline").unwrap().position, 6, "all before it is taken in");
    assert_eq!((status.is_degraded(), status.lag_events), (true, 8));
    assert_eq!(rows(&queries).await, 1);
    register(&world, "other").await;
    wait_for(&queries, |status| status.has_seen("registry_clients", 15)).await;
    assert_eq!(queries.status().halted.len(), 1);
    projector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_of_many_writers_is_taken_in_once() {
    let folder = tempfile::tempdir().unwrap();
    let place = ReadModels::File(folder.path().join("read.db"));
    let world = Arc::new(World::new());
    let all: Vec<&'static dyn Projection> = vec![&Ledgered, &Timeline, &Clients];
    let (projector, queries) =
        Projector::start(place, Arc::clone(&world.log) as _, world.log.appended(), all).unwrap();
    let writers: Vec<_> = (0..64)
        .map(|_| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                for _ in 0..12 {
                    world.code_flow().await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let head = world.head().await;
    assert_eq!(head, 64 * 12 * 6);
    let status = wait_for(&queries, is_at(head)).await;
    assert!(!status.is_degraded(), "{status:?}");
    let (events, first, last) = queries
        .query(|connection| {
            let sql = "SELECT count(*), min(position), max(position) FROM ledgered";
            let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            Ok(connection.query_row::<(i64, i64, i64), _, _>(sql, [], read)?)
        })
        .await
        .unwrap();
    let head = head.cast_signed();
    assert_eq!((events, first, last), (head, 1, head));
    projector.stop().await;
}

#[tokio::test]
async fn it_goes_on_after_the_log_could_not_be_read() {
    let world = World::new();
    let gate = Gate::new(Arc::clone(&world.log) as _, true);
    gate.broken.store(true, Ordering::SeqCst);
    let (projector, queries) = Projector::start(
        ReadModels::Memory,
        Arc::clone(&gate) as _,
        world.log.appended(),
        moneta_projections::ALL.to_vec(),
    )
    .unwrap();
    world.code_flow().await;
    let status = wait_for(&queries, |status| status.trouble.is_some()).await;
    assert!(status.trouble.unwrap().contains("broken for a test"));
    assert!(queries.status().is_degraded());
    gate.broken.store(false, Ordering::SeqCst);
    let status = wait_for(&queries, is_at(6)).await;
    assert_eq!(status.trouble, None);
    projector.stop().await;
}

#[tokio::test]
async fn a_log_that_does_not_answer_holds_up_neither_start_nor_stop() {
    let world = World::new();
    world.code_flow().await;
    let gate = Gate::new(Arc::clone(&world.log) as _, false);
    let (projector, queries) =
        Projector::start(ReadModels::Memory, gate, silence(), moneta_projections::ALL.to_vec())
            .unwrap();
    assert!(!queries.status().has_seen("timeline", 0));
    projector.stop().await;
}

#[tokio::test]
async fn a_log_that_falls_silent_before_a_restart_holds_up_no_stop() {
    let folder = tempfile::tempdir().unwrap();
    let place = ReadModels::File(folder.path().join("read.db"));
    let world = World::new();
    world.code_flow().await;
    let (projector, queries) = world.project(place.clone());
    wait_for(&queries, is_at(6)).await;
    projector.stop().await;
    let gate = Gate::new(Arc::clone(&world.log) as _, false);
    let all = moneta_projections::ALL.to_vec();
    let (projector, _queries) = Projector::start(place, gate, silence(), all).unwrap();
    projector.stop().await;
}

#[tokio::test]
async fn a_file_of_another_log_is_built_anew() {
    let folder = tempfile::tempdir().unwrap();
    let place = ReadModels::File(folder.path().join("read.db"));
    let (one, other) = (World::new(), World::new());
    one.code_flow().await;
    other.transaction(&[other.request()]).await;
    let (projector, queries) = one.project(place.clone());
    wait_for(&queries, is_at(6)).await;
    projector.stop().await;
    let (projector, queries) = other.project(place);
    wait_for(&queries, is_at(1)).await;
    assert_eq!(rows(&queries).await, 1);
    projector.stop().await;
}
