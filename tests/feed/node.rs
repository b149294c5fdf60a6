use std::sync::Arc;

use actix_web::rt::System;
use moneta::{
    adapters::file_key_wrap::FileKeyWrap,
    app::{self, Parts, ReadModels, Running},
    config::{self, Settings, Sources},
    engine::facts::client_stream,
    runtime::{clock::SystemClock, entropy::Entropy},
    store::{
        EventStore, guard::memory::MemoryGuards, memory::MemoryLog, vault::memory::MemoryVault,
    },
};
use moneta_projections::checkpoint;
use serde_json::Value;

use crate::support::{Gate, World, is_at, wait_for};

fn settings() -> Settings {
    let flags = vec![("server.workers".to_owned(), "1".to_owned())];
    let sources = Sources { demo: true, file: None, env: [], flags };
    let mut settings = config::load(sources).unwrap().settings;
    // Nobody signs in here, and hashing passwords takes long.
    settings.users.clear();
    settings
}

async fn start(store: Arc<dyn EventStore>, read_models: ReadModels) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let entropy = Entropy::default();
    let key_wrap = FileKeyWrap::create(&folder.path().join("kek"), entropy.clone()).unwrap();
    app::start(Parts {
        settings: settings(),
        store,
        vault: Arc::new(MemoryVault::default()),
        guards: Arc::new(MemoryGuards::default()),
        key_wrap: Arc::new(key_wrap),
        clock: Arc::new(SystemClock),
        entropy,
        read_models,
        listener: Some(std::net::TcpListener::bind("127.0.0.1:0").unwrap()),
    })
    .await
    .unwrap()
}

async fn ready(running: &Running) -> (u16, Value) {
    let url = format!("http://{}/readyz", running.address);
    let response = reqwest::get(url).await.unwrap();
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap())
}

fn declared_origin() -> String {
    let settings = settings();
    settings.clients.iter().flat_map(|client| client.metadata.web_origins.clone()).next().unwrap()
}

#[test]
fn it_serves_before_it_has_caught_up() {
    System::new().block_on(async {
        let world = World::new();
        for _ in 0..50 {
            world.code_flow().await;
        }
        let gate = Gate::new(Arc::clone(&world.log) as _, false);
        let running = start(Arc::clone(&gate) as _, ReadModels::Memory).await;
        let (status, body) = ready(&running).await;
        assert_eq!((status, &body["status"]), (200, &Value::from("ready")));
        assert_eq!(body["read_models"]["lag_events"], body["head"]);
        let origin = declared_origin();
        assert!(running.op.web_origins.load().contains(&origin), "declared clients work at once");

        gate.open.add_permits(1_000);
        wait_for(&running.op.queries, is_at(world.head().await)).await;
        let (status, body) = ready(&running).await;
        assert_eq!((status, &body["read_models"]["lag_events"]), (200, &Value::from(0)));
        assert!(running.op.web_origins.load().contains(&origin));
        running.stop().await;
    });
}

#[test]
fn a_read_model_that_stands_still_is_shown_and_nothing_else_suffers() {
    System::new().block_on(async {
        let world = World::new();
        let stream = world.code_flow().await;
        world.poison(stream).await;
        let running = start(Arc::clone(&world.log) as _, ReadModels::Memory).await;
        wait_for(&running.op.queries, |status| !status.halted.is_empty()).await;
        let (status, body) = ready(&running).await;
        assert_eq!((status, &body["status"]), (200, &Value::from("degraded")));
        let halted = serde_json::json!([{ "projection": "timeline", "position": 7 }]);
        assert_eq!(body["read_models"]["halted"], halted);
        running.stop().await;
    });
}

#[test]
fn origins_follow_the_clients() {
    System::new().block_on(async {
        let log = Arc::new(MemoryLog::new());
        let running = start(Arc::clone(&log) as _, ReadModels::Memory).await;
        let origin = declared_origin();
        let settings = settings();
        let client = settings
            .clients
            .iter()
            .find(|client| client.metadata.web_origins.contains(&origin))
            .unwrap();
        let stream = client_stream(client.metadata.client_id.as_str());
        let (world, op) = (World::over(log), &running.op);
        for (command, allowed) in [
            (moneta::domain::client::Command::Disable, false),
            (moneta::domain::client::Command::Enable, true),
        ] {
            let order = world.order(Vec::new());
            let order = moneta::engine::order::Order::<moneta::domain::client::Client> {
                id: order.id,
                command,
                context: order.context,
            };
            op.ledger.tell(stream, &order).await.unwrap();
            app::publish(op).await.unwrap();
            assert_eq!(op.web_origins.load().contains(&origin), allowed);
        }
        running.stop().await;
    });
}

#[test]
fn a_stop_takes_in_everything_up_to_the_last_event() {
    System::new().block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("read.db");
        let log = Arc::new(MemoryLog::new());
        let running = start(Arc::clone(&log) as _, ReadModels::File(path.clone())).await;
        running.stop().await;
        let connection = moneta_projections::database::open(&path).unwrap();
        let head = log.head().await.unwrap();
        let builds = checkpoint::all(&connection).unwrap();
        assert!(builds.iter().all(|one| one.serving && one.position == head), "{builds:?}");
        assert_eq!(builds.len(), 3);
    });
}
