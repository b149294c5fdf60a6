//! A real server in this process: its own thread and port, a fresh store, a clock that is moved by hand.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    sync::Arc,
    thread::JoinHandle,
};

use actix_web::web::Data;
use moneta::{
    adapters::file_key_wrap::FileKeyWrap,
    app::{self, Parts, ReadModels},
    config::Settings,
    http::op::Op,
    ports::vault::Vault,
    runtime::{
        clock::{Clock, FixedClock, SystemClock},
        entropy::Entropy,
    },
    store::{
        EventStore,
        guard::{GuardStore, memory::MemoryGuards, sqlite::SqliteGuards},
        memory::MemoryLog,
        sqlite::SqliteLog,
        vault::{memory::MemoryVault, sqlite::SqliteVault},
    },
};
use moneta_events::{Timestamp, client::ClientMetadata};
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{
    browser::{Browser, Stop},
    demo::{self, PASSWORD},
    http::Http,
    logs,
    rp::{Client, Tokens},
    signer::Signer,
    slow_store::SlowStore,
};

type Adjust = Box<dyn FnOnce(&mut Settings) + Send>;

/// What is different from a demo provider in memory.
#[derive(Default)]
pub struct Options {
    on_disk: bool,
    issuer: Option<String>,
    adjust: Vec<Adjust>,
}

impl Options {
    /// As behind a proxy that ends TLS: browsers know it as `https://op.test`.
    pub fn production_like() -> Self {
        Self { issuer: Some("https://op.test".to_owned()), ..Self::default() }
    }

    /// With the log and the vault in SQLite, in a directory of its own.
    #[must_use]
    pub fn on_disk(mut self) -> Self {
        self.on_disk = true;
        self
    }

    /// With changed settings.
    #[must_use]
    pub fn adjusted(mut self, adjust: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        self.adjust.push(Box::new(adjust));
        self
    }
}

/// A running provider. Dropping it stops it.
pub struct Provider {
    /// How to ask it.
    pub http: Http,
    /// Its clock.
    pub clock: Arc<FixedClock>,
    /// Its log, which can be held up.
    pub slow: Arc<SlowStore>,
    settings: Settings,
    vault: Arc<dyn Vault>,
    guards: Arc<dyn GuardStore>,
    kek: Arc<FileKeyWrap>,
    directory: TempDir,
    running: Option<Running>,
}

type Stores = (Arc<dyn EventStore>, Arc<dyn Vault>, Arc<dyn GuardStore>);

struct Running {
    op: Data<Op>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Provider {
    /// A demo provider in memory that calls itself by its own address.
    pub async fn demo() -> Self {
        Self::start(Options::default()).await
    }

    /// Starts one.
    ///
    /// # Panics
    /// Where it does not start.
    pub async fn start(options: Options) -> Self {
        logs::capture();
        let directory = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let listen = listener.local_addr().expect("a bound socket has an address");
        let mut settings = demo::settings(listen, directory.path());
        if let Some(issuer) = options.issuer {
            settings.issuer = issuer;
        }
        options.adjust.into_iter().for_each(|adjust| adjust(&mut settings));
        let (log, vault, guards): Stores = if options.on_disk {
            let vault = SqliteVault::open(&directory.path().join("vault.db"));
            let log = SqliteLog::open(&directory.path().join("log"));
            let guards = SqliteGuards::open(&directory.path().join("guards.db"));
            (
                Arc::new(log.expect("a fresh log")),
                Arc::new(vault.expect("a fresh vault")),
                Arc::new(guards.expect("a fresh file")),
            )
        } else {
            (
                Arc::new(MemoryLog::new()),
                Arc::new(MemoryVault::default()),
                Arc::new(MemoryGuards::default()),
            )
        };
        let kek = FileKeyWrap::create(&directory.path().join("kek"), Entropy::default());
        let mut provider = Self {
            http: Http::new(&settings.issuer, listen),
            clock: Arc::new(FixedClock::at(SystemClock.now())),
            slow: SlowStore::around(log),
            settings,
            vault,
            guards,
            kek: Arc::new(kek.expect("a fresh key file")),
            directory,
            running: None,
        };
        provider.run(Some(listener)).await;
        provider
    }

    async fn run(&mut self, listener: Option<TcpListener>) {
        let parts = Parts {
            settings: self.settings.clone(),
            store: Arc::clone(&self.slow) as Arc<dyn EventStore>,
            vault: Arc::clone(&self.vault),
            guards: Arc::clone(&self.guards),
            key_wrap: Arc::clone(&self.kek) as _,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            entropy: Entropy::default(),
            read_models: ReadModels::Memory,
            listener,
        };
        let (started, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("provider".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let running = app::start(parts).await.expect("the provider starts");
                let _ = started.send((running.address, running.op.clone()));
                let _ = stopped.await;
                running.stop().await;
            });
        });
        let (address, op): (SocketAddr, Data<Op>) = address.await.expect("the provider starts");
        self.http = Http::new(&self.settings.issuer, address);
        self.running = Some(Running { op, stop: Some(stop), thread: thread.ok() });
    }

    /// Stops it in order. It can be started again.
    ///
    /// # Panics
    /// Where it does not stop.
    pub async fn stop(&mut self) {
        let running = self.running.take();
        tokio::task::spawn_blocking(|| drop(running)).await.expect("the provider stops");
    }

    /// Stops it in order, changes its settings and starts it on the same log and port.
    pub async fn restart(&mut self, adjust: impl FnOnce(&mut Settings)) {
        self.stop().await;
        adjust(&mut self.settings);
        self.settings.server.listen = self.http.address();
        self.run(None).await;
    }

    /// What its doors work with.
    pub fn op(&self) -> &Op {
        &self.running.as_ref().expect("it runs until it is dropped").op
    }

    /// What it runs with.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The time by its clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A fresh browser before it.
    pub fn browser(&self) -> Browser {
        self.browser_over(self.http.clone())
    }

    /// A fresh browser that asks by `http`.
    pub fn browser_over(&self, http: Http) -> Browser {
        Browser::new(http, Arc::clone(&self.clock))
    }

    /// What a declared client is registered with.
    ///
    /// # Panics
    /// Where it is not declared.
    pub fn metadata(&self, id: &str) -> ClientMetadata {
        let mut declared = self.settings.clients.iter().map(|client| &client.metadata);
        let found = declared.find(|metadata| metadata.client_id.as_str() == id);
        found.unwrap_or_else(|| panic!("no client {id} is declared")).clone()
    }

    /// A declared client, ready to use.
    pub fn client(&self, id: &str) -> Client {
        let metadata = self.metadata(id);
        let declared = self.settings.clients.iter();
        let secret = declared
            .filter(|client| client.metadata.client_id == metadata.client_id)
            .find_map(|client| client.secret.as_ref())
            .map(|secret| secret.expose().clone());
        Client {
            id: id.to_owned(),
            secret,
            redirect_uri: metadata.redirect_uris.first().cloned().unwrap_or_default(),
            signer: (metadata.token_endpoint_auth_method.as_str() == "private_key_jwt")
                .then(|| Arc::new(Signer::demo(id, &self.clock))),
            posts_secret: metadata.token_endpoint_auth_method.as_str() == "client_secret_post",
            http: self.http.clone(),
        }
    }

    /// Signs somebody in with a fresh browser, allows `scope` and redeems the code.
    pub async fn tokens(&self, client: &str, user: &str, scope: &str) -> Tokens {
        let client = self.client(client);
        let request = client.request().with("scope", scope).with("prompt", "consent");
        let mut browser = self.browser();
        let stop: Stop = browser.open(&request.path()).await;
        let code = browser.finish(stop, user, PASSWORD).await.code();
        Tokens::of(&client.redeem(&code, &request.verifier).await)
    }

    /// The `sub` of a user.
    pub async fn subject_of(&self, user: &str) -> String {
        self.subject(user).await.to_string()
    }

    /// A declared claim of a user.
    pub fn claim_of(&self, user: &str, claim: &str) -> Option<String> {
        let user = self.settings.users.iter().find(|declared| declared.username == user)?;
        user.claims.get(claim)?.as_str().map(str::to_owned)
    }

    /// The position of the newest event.
    pub async fn head(&self) -> u64 {
        self.slow.head().await.expect("the log is there")
    }

    /// The events after a position: type and whole text.
    pub async fn events_after(&self, position: u64) -> Vec<(String, String)> {
        let mut events = Vec::new();
        let mut after = position;
        loop {
            let page = self.slow.read_all(after, 1_000).await.expect("the log is there");
            let Some(last) = page.last() else { return events };
            after = last.position;
            events.extend(page.iter().map(|event| {
                let envelope = event.envelope().expect("an envelope");
                let text = String::from_utf8_lossy(&event.body).into_owned();
                (envelope.event_type.to_owned(), text)
            }));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
