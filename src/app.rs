//! The composition root: builds every room in order and hands back what stops them again.

mod declare;
mod factors;
mod outbound;
mod playground;
mod publish;
mod rules;

use std::{
    collections::HashSet,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use actix::Arbiter;
use actix_web::{App, HttpServer, dev::ServerHandle, middleware::from_fn, web};
use anyhow::Context as _;
use arc_swap::ArcSwap;
use moneta_events::configuration::{ConfigurationEvent, Stopped};
use socket2::SockRef;
use tokio::sync::watch;

use crate::{
    adapters::password::{Argon2Passwords, Cost},
    config::Settings,
    engine::{
        client_keys::{Ages, KeysOfClients},
        directory::Bounds,
        execute::Ledger,
        facts::{Boards, Capacity, Facts},
        fatigue::{self, FatigueGuard},
        grants::Grants,
        guards::Guards,
        incidents::Incidents,
        pending::{OpenRequests, Pending},
        people::UsernameIndex,
        polling::Polls,
        privacy::Privacy,
        scribe::Scribe,
        signing::Signing,
        waiters::Waiters,
    },
    feed::{projector::Projector, publish::Published},
    http::{
        self,
        backchannel::notify::Notifier,
        discovery::Document,
        inbox::Listeners,
        op::{Op, Readiness},
        throttles::{Rates, Throttles},
        tokens::Judged,
    },
    ports::{key_wrap::KeyWrap, passwords::Passwords, vault::Vault},
    process::{
        backchannel::BackchannelNotifier, expiry::Expiry, guards::GuardKeeper,
        incidents::IncidentKeeper, keys::KeyKeeper, memory,
    },
    protocol::{derived::Derived, discovery, handle::Handles, passkey::Challenges},
    runtime::{clock::Clock, entropy::Entropy},
    store::{EventStore, guard::GuardStore},
};

pub use declare::record_configuration;
pub use publish::publish;

pub use crate::feed::queries::ReadModels;

/// Data keys held in memory.
const DATA_KEYS: usize = 50_000;

/// Clients whose public keys are held in memory.
const CLIENT_KEYS: usize = 5_000;

/// Connections that may wait to be accepted, as far as the machine allows.
const BACKLOG: i32 = 4096;

/// Seconds within which a client is told of a backchannel request that was decided at the last moment.
const NOTIFYING: u32 = 600;

/// What a provider is made of.
pub struct Parts {
    /// The configuration.
    pub settings: Settings,
    /// The log.
    pub store: Arc<dyn EventStore>,
    /// The keys.
    pub vault: Arc<dyn Vault>,
    /// What is reserved for a while.
    pub guards: Arc<dyn GuardStore>,
    /// Wraps the keys.
    pub key_wrap: Arc<dyn KeyWrap>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Draws secrets.
    pub entropy: Entropy,
    /// Where the read models are kept.
    pub read_models: ReadModels,
    /// Where to listen; by default where the settings say.
    pub listener: Option<TcpListener>,
}

/// The provider's rooms without doors: what commands work with, too.
pub struct Core {
    /// For orders without an actor.
    pub ledger: Ledger,
    /// What is known.
    pub facts: Facts,
    /// Seals and opens personal fields.
    pub privacy: Arc<Privacy>,
    /// The signing keys.
    pub signing: Arc<Signing>,
    /// Names of username streams.
    pub usernames: UsernameIndex,
    /// Hashes passwords.
    pub passwords: Arc<dyn Passwords>,
    /// Changes whenever this node has appended.
    pub appended: watch::Receiver<u64>,
    /// The backchannel requests that wait for their end-users.
    pub open: Arc<OpenRequests>,
    /// The token requests that wait for a decision.
    pub waiters: Arc<Waiters>,
    /// The pages that listen while their sessions go on.
    pub sessions: Arc<Waiters>,
}

impl Core {
    /// Builds the rooms behind the doors.
    pub async fn build(parts: &Parts) -> anyhow::Result<Self> {
        let Parts { settings, store, vault, key_wrap, clock, entropy, .. } = parts;
        let boards = Boards::new(Capacity::default());
        let open = Arc::<OpenRequests>::default();
        let waiters = Waiters::new(settings.limits.long_polls);
        let sessions = Waiters::new(settings.limits.live_inboxes);
        let views = vec![
            boards.clone() as _,
            open.clone() as _,
            waiters.clone() as _,
            sessions.clone() as _,
        ];
        let published = Arc::new(Published::new(Arc::clone(store), views));
        let appended = published.appended();
        let store: Arc<dyn EventStore> = published;
        let scribe = Scribe {
            node: settings.node.as_str().into(),
            configuration: Arc::clone(&settings.version),
            clock: Arc::clone(clock),
            entropy: entropy.clone(),
        };
        let ledger = Ledger { store: Arc::clone(&store), scribe };
        let facts = Facts { boards, store };
        let privacy =
            Privacy::new(Arc::clone(vault), Arc::clone(key_wrap), entropy.clone(), DATA_KEYS);
        let signing = Signing::load(&facts, Arc::clone(vault), Arc::clone(key_wrap), &ledger)
            .await
            .context("the signing keys cannot be loaded")?;
        let cost = Cost {
            memory_kib: settings.passwords.memory_kib,
            iterations: settings.passwords.iterations,
            parallelism: settings.passwords.parallelism,
        };
        let hashes = settings.limits.password_hashes;
        let passwords = Arc::new(Argon2Passwords::new(cost, hashes, entropy.clone())?);
        let usernames = UsernameIndex::new(&key_wrap.derive("username index"));
        let (privacy, signing) = (Arc::new(privacy), Arc::new(signing));
        Ok(Self {
            ledger,
            facts,
            privacy,
            signing,
            usernames,
            passwords,
            appended,
            open,
            waiters,
            sessions,
        })
    }
}

/// A running provider.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What its doors work with.
    pub op: web::Data<Op>,
    server: ServerHandle,
    stop: watch::Sender<bool>,
    processes: Vec<tokio::task::JoinHandle<()>>,
    arbiters: Vec<Arbiter>,
    projector: Projector,
    configuration: moneta_events::StreamId,
}

/// Starts a provider inside an actix system.
pub async fn start(parts: Parts) -> anyhow::Result<Running> {
    let core = Core::build(&parts).await?;
    let Parts { settings, guards, key_wrap, listener, read_models, .. } = parts;
    let (store, appended) = (Arc::clone(&core.facts.store), core.appended.clone());
    let (projector, queries) =
        Projector::start(read_models, store, appended, moneta_projections::ALL.to_vec())
            .context("the read models cannot be kept")?;
    declare::keys(&core, &settings).await?;
    let configuration = declare::configuration(&core, &settings).await?;
    declare::clients(&core, &settings).await?;
    declare::users(&core, &settings).await?;

    let shards = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
    let arbiters: Vec<Arbiter> = (0..shards).map(|_| Arbiter::new()).collect();
    let bounds = Bounds {
        orders_per_shard: settings.limits.orders_per_shard,
        orders_per_stream: settings.limits.orders_per_stream,
    };
    let grants = Grants::new(core.ledger.clone(), &arbiters, bounds);
    let outbound = outbound::outbound(&settings.outbound)?;
    let ages =
        Ages { lifetime: settings.outbound.jwks_lifetime, refetch: settings.outbound.jwks_refetch };
    let rules = rules::rules(&settings);
    let metadata = serde_json::to_string(&discovery::metadata(&rules))?;
    let incidents = Arc::new(Incidents::default());
    let guards = Guards::new(guards, &key_wrap.derive("guards"));
    let op = web::Data::new(Op {
        terms: rules::terms(&settings),
        transactions: Arc::clone(&grants.transactions),
        pending: Pending::new(
            core.open,
            grants.clone(),
            queries.clone(),
            fatigue(&settings, &guards),
        ),
        waiters: core.waiters,
        listeners: Listeners::new(core.sessions),
        grants: grants.clone(),
        throttles: throttles(&settings),
        client_keys: KeysOfClients::new(CLIENT_KEYS, Arc::clone(&outbound), ages),
        outbound,
        guards,
        handles: Handles::new(&key_wrap.derive_each("handles")),
        derived: Derived::new(&key_wrap.derive("derived secrets")),
        csrf: ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &*key_wrap.derive("forms")),
        judged: Judged::default(),
        polls: Polls::default(),
        incidents: Arc::clone(&incidents),
        web_origins: ArcSwap::from_pointee(HashSet::new()),
        jwks: ArcSwap::from_pointee(Document::new(String::new())),
        readiness: ArcSwap::from_pointee(Readiness::Serving),
        rules,
        ledger: core.ledger.clone(),
        facts: core.facts.clone(),
        queries: queries.clone(),
        privacy: Arc::clone(&core.privacy),
        signing: Arc::clone(&core.signing),
        passwords: core.passwords,
        passkeys: factors::passkeys(&settings),
        challenges: Challenges::new(&key_wrap.derive("passkey challenges")),
        codes: factors::codes(&settings, &core.ledger.scribe.entropy),
        usernames: core.usernames,
    });
    publish::publish_at_start(&op, &settings).await;
    let declared = op.facts.store.head().await?;

    let (stop, stopped) = watch::channel(false);
    let keeper = IncidentKeeper { incidents, ledger: core.ledger.clone(), privacy: core.privacy };
    let notifier = BackchannelNotifier {
        notifier: Arc::new(Notifier(op.clone())),
        facts: core.facts.clone(),
        pending: op.pending.clone(),
        ledger: core.ledger.clone(),
        appended: core.appended,
        window: settings.backchannel.longest_lifetime + NOTIFYING,
    };
    let guards = GuardKeeper { guards: op.guards.clone(), ledger: core.ledger.clone() };
    let doors = op.clone();
    let keys = KeyKeeper {
        signing: core.signing,
        facts: core.facts,
        ledger: core.ledger,
        publish: Box::new(move || publish::publish_keys(&doors)),
    };
    let expiry = Expiry::new(Arc::new(queries), grants);
    let processes = vec![
        tokio::spawn(keeper.run(stopped.clone())),
        tokio::spawn(keys.run(stopped.clone())),
        tokio::spawn(expiry.run(stopped.clone())),
        tokio::spawn(guards.run(stopped.clone())),
        tokio::spawn(notifier.run(stopped.clone())),
        tokio::spawn(memory::give_back(stopped.clone())),
        tokio::spawn(publish::keep_origins(op.clone(), declared, stopped)),
    ];

    let (server, address) = serve(&settings, listener, op.clone(), metadata)?;
    let handle = server.handle();
    tokio::spawn(server);
    let server = handle;
    Ok(Running { address, op, server, stop, processes, arbiters, projector, configuration })
}

fn throttles(settings: &Settings) -> Throttles {
    Throttles::new(Rates {
        login_attempts: settings.limits.login_attempts,
        login_window: settings.limits.login_window,
        failures_per_place: settings.limits.failures_per_address,
        authorize_per_place: settings.limits.authorize_per_address,
        device_per_client: (settings.limits.device_requests_per_client, settings.device.lifetime),
        wrong_user_codes: settings.limits.wrong_user_codes,
        backchannel_per_client: settings.limits.backchannel_per_client,
    })
}

fn fatigue(settings: &Settings, guards: &Guards) -> FatigueGuard {
    let limits = &settings.limits;
    let limits = fatigue::Limits {
        open: limits.open_requests,
        open_per_client: limits.open_requests_per_client,
        denials: limits.denials,
        denial_window: limits.denial_window,
        report_window: limits.report_window,
    };
    FatigueGuard::new(guards.clone(), limits)
}

fn serve(
    settings: &Settings,
    listener: Option<TcpListener>,
    op: web::Data<Op>,
    metadata: String,
) -> anyhow::Result<(actix_web::dev::Server, SocketAddr)> {
    let metadata = web::Data::new(Document::new(metadata));
    let playground = playground::playground(settings)?.map(web::Data::new);
    let (secure, test_approval) = (op.terms.secure, op.terms.test_approval);
    let server = HttpServer::new(move || {
        let transport = actix_web::middleware::Condition::new(
            secure,
            from_fn(http::middleware::transport_security),
        );
        App::new()
            .wrap(from_fn(http::middleware::head_size))
            .wrap(transport)
            .wrap(from_fn(http::middleware::security_headers))
            .app_data(op.clone())
            .app_data(metadata.clone())
            .configure(http::routes::configure)
            .configure(|config| {
                if test_approval {
                    http::routes::configure_test(config);
                }
                if let Some(playground) = playground.clone() {
                    http::playground::routes(config, playground);
                }
            })
            .default_service(web::to(http::assets::not_found))
    })
    .workers(settings.server.workers)
    .max_connections(settings.server.max_connections.div_ceil(settings.server.workers))
    .keep_alive(Duration::from_secs(30))
    .client_request_timeout(Duration::from_secs(10))
    .client_disconnect_timeout(Duration::from_secs(1))
    .shutdown_timeout(20)
    .disable_signals();
    let listen = settings.server.listen;
    let listener = match listener {
        Some(listener) => listener,
        None => TcpListener::bind(listen).with_context(|| format!("cannot listen on {listen}"))?,
    };
    // Again, for the standard library lets 128 wait: a crowd's connections would be dropped, to be tried
    // again a second later.
    SockRef::from(&listener).listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((server.listen(listener)?.run(), address))
}

impl Running {
    /// Stops in order: doors, processes, actors, read models. What was acknowledged is on disk already.
    pub async fn stop(self) {
        self.op.readiness.store(Arc::new(Readiness::Draining));
        self.op.pending.close();
        self.op.waiters.close();
        self.op.listeners.close();
        self.server.stop(true).await;
        self.stop.send_replace(true);
        for process in self.processes {
            let _ = process.await;
        }
        let ended = ConfigurationEvent::Stopped(Stopped {});
        if let Err(failure) = declare::journal(&self.op.ledger, self.configuration, ended).await {
            tracing::warn!(%failure, "the stop could not be put on record");
        }
        for arbiter in self.arbiters {
            arbiter.stop();
            let _ = tokio::task::spawn_blocking(move || arbiter.join()).await;
        }
        self.projector.stop().await;
    }
}
