//! A log with transactions in it, a store that can be made to wait or fail, and a projection that counts.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use async_trait::async_trait;
use moneta::{
    domain::transaction::{Answer, Command, Exchange, Step, Transaction},
    engine::{
        execute::Ledger,
        order::{Context, Order},
        scribe::Scribe,
    },
    feed::{
        projector::Projector,
        publish::Published,
        queries::{Queries, ReadModels, Status},
    },
    runtime::{
        clock::{Clock as _, FixedClock},
        entropy::Entropy,
    },
    store::{Append, AppendError, Appended, EventStore, Expected, Unavailable, memory::MemoryLog},
};
use moneta_events::{
    Actor, Category, Digest, Envelope, Outcome, Reason, Recorded, Scope, StreamId, SubjectId,
    Timestamp,
    token::{AccessToken, AccessTokenFormat, Issued},
    transaction::{
        Authenticated, AuthenticationMethod, CodeIssued, ConsentBasis, Consented, Requested,
        ResponseMode,
    },
};
use moneta_projections::{Event, Projection, ProjectionError, Rejected};
use rusqlite::{Connection, params};
use serde_json::value::RawValue;
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

/// A store between the projector and the log, which tests hold up.
pub(crate) struct Gate {
    log: Arc<dyn EventStore>,
    pub(crate) open: Semaphore,
    pub(crate) broken: AtomicBool,
    /// The lowest position that was ever read on from.
    pub(crate) read_from: AtomicU64,
}

impl Gate {
    pub(crate) fn new(log: Arc<dyn EventStore>, open: bool) -> Arc<Self> {
        Arc::new(Self {
            log,
            open: Semaphore::new(if open { Semaphore::MAX_PERMITS } else { 0 }),
            broken: AtomicBool::new(false),
            read_from: AtomicU64::new(u64::MAX),
        })
    }
}

#[async_trait]
impl EventStore for Gate {
    async fn append(&self, append: Append) -> Result<Appended, AppendError> {
        self.log.append(append).await
    }

    async fn read(
        &self,
        stream: StreamId,
        from_revision: u64,
        limit: usize,
    ) -> Result<Vec<Recorded>, Unavailable> {
        self.log.read(stream, from_revision, limit).await
    }

    async fn read_all(&self, after: u64, limit: usize) -> Result<Vec<Recorded>, Unavailable> {
        let _passed = self.open.acquire().await.unwrap();
        if self.broken.load(Ordering::SeqCst) {
            return Err(Unavailable("broken for a test".to_owned()));
        }
        self.read_from.fetch_min(after, Ordering::SeqCst);
        self.log.read_all(after, limit).await
    }

    async fn head(&self) -> Result<u64, Unavailable> {
        self.log.head().await
    }
}

/// A log that grows, and how to write to it.
pub(crate) struct World {
    pub(crate) log: Arc<Published>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(MemoryLog::new()))
    }

    pub(crate) fn over(store: Arc<dyn EventStore>) -> Self {
        let log = Arc::new(Published::new(store, Vec::new()));
        let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(1_800_000_000)));
        let scribe = Scribe {
            node: "node-1".into(),
            configuration: "test".into(),
            clock: Arc::clone(&clock) as _,
            entropy: Entropy::default(),
        };
        let ledger = Ledger { store: Arc::clone(&log) as _, scribe };
        Self { log, clock, ledger }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) async fn head(&self) -> u64 {
        self.log.head().await.unwrap()
    }

    /// Starts a projector on this log with all projections there are.
    pub(crate) fn project(&self, place: ReadModels) -> (Projector, Queries) {
        let all = moneta_projections::ALL.to_vec();
        Projector::start(place, Arc::clone(&self.log) as _, self.log.appended(), all).unwrap()
    }

    pub(crate) fn stream(&self) -> StreamId {
        StreamId::new(Category::Transaction, self.ledger.scribe.entropy.uuid(self.now()))
    }

    pub(crate) fn order(&self, command: Command) -> Order<Transaction> {
        let (now, entropy) = (self.now(), &self.ledger.scribe.entropy);
        let id = entropy.uuid(now);
        let actor = Actor::BROWSER;
        Order {
            id,
            command,
            context: Context {
                now,
                actor,
                source: None,
                transaction: None,
                causation: id,
                correlation: id,
            },
        }
    }

    /// A new transaction that has come through `steps`, one append each.
    pub(crate) async fn transaction(&self, steps: &[Command]) -> StreamId {
        let stream = self.stream();
        for command in steps {
            self.ledger.tell(stream, &self.order(command.clone())).await.unwrap();
        }
        stream
    }

    /// Ten minutes to finish.
    pub(crate) fn request(&self) -> Command {
        vec![Step::Request(Arc::new(Requested {
            client_id: "web".into(),
            client_revision: 0,
            redirect_uri: "https://rp.example/cb".to_owned(),
            response_type: "code".to_owned(),
            response_mode: ResponseMode::Query,
            scope: Scope::parse("openid"),
            audience: Vec::new(),
            state: None,
            nonce: None,
            prompt: Vec::new(),
            max_age: None,
            acr_values: Vec::new(),
            login_hint: None,
            hinted_subject: None,
            ui_locales: Vec::new(),
            claims_locales: Vec::new(),
            display: None,
            code_challenge: None,
            browser: None,
            expires_at: self.now().plus_seconds(600),
        }))]
    }

    pub(crate) fn authenticate(&self) -> Command {
        vec![Step::Authenticate(Arc::new(Authenticated {
            subject: SubjectId(Uuid::from_u128(1)),
            session: StreamId::new(Category::Session, Uuid::from_u128(1)),
            auth_time: self.now(),
            acr: "urn:moneta:acr:password".to_owned(),
            amr: vec!["pwd".to_owned()],
            method: AuthenticationMethod::Password,
            transaction_key: None,
        }))]
    }

    /// One minute to redeem it.
    pub(crate) fn issue_code(&self) -> Command {
        let (code, expires_at) = (Digest::of(&[b"code"]), self.now().plus_seconds(60));
        vec![Step::Answer(Box::new(Answer {
            consent: Consented {
                scope: Scope::parse("openid"),
                basis: ConsentBasis::Configured,
                shown: None,
            },
            code: Some(CodeIssued { code, expires_at }),
            access_token: None,
            id_token: None,
        }))]
    }

    pub(crate) fn exchange(&self) -> Command {
        vec![Step::Exchange(Box::new(Exchange {
            code: Digest::of(&[b"code"]),
            client_id: "web".into(),
            redirect_uri: Some("https://rp.example/cb".to_owned()),
            code_verifier: None,
            attempts: 5,
            gate: Ok(()),
            issued: Issued {
                generation: 0,
                access_token: AccessToken {
                    digest: Digest::of(&[b"token"]),
                    format: AccessTokenFormat::Opaque,
                    scope: Scope::parse("openid"),
                    audience: Vec::new(),
                    expires_at: self.now().plus_seconds(600),
                },
                refresh_token: None,
                id_token: None,
            },
            now: self.now(),
        }))]
    }

    /// Six events in four appends.
    pub(crate) async fn code_flow(&self) -> StreamId {
        let steps = [self.request(), self.authenticate(), self.issue_code(), self.exchange()];
        self.transaction(&steps).await
    }

    /// An event of a type no program knows, at the end of a stream.
    pub(crate) async fn poison(&self, stream: StreamId) {
        let last = self.log.read(stream, 0, 1_000).await.unwrap().pop();
        let revision = last.as_ref().map_or(0, |last| last.revision + 1);
        let expected = match &last {
            Some(last) => Expected::Revision(last.revision),
            None => Expected::NoStream,
        };
        let (now, uuid) = (self.now(), Uuid::nil());
        let body = Envelope {
            id: uuid,
            event_type: "transaction.teleported",
            schema: 1,
            stream,
            revision,
            order: uuid,
            occurred_at: now,
            recorded_at: now,
            transaction: None,
            causation: uuid,
            correlation: uuid,
            actor: Actor::BROWSER,
            subject: None,
            client: None,
            source: None,
            outcome: Outcome::SUCCESS,
            configuration: "",
            node: "",
            previous: last.map_or(Digest::ZERO, |last| last.digest()),
            data: &RawValue::from_string("{}".to_owned()).unwrap(),
        };
        let bodies = vec![body.to_bytes().into()];
        self.log.append(Append { stream, expected, bodies }).await.unwrap();
    }
}

pub(crate) fn deny() -> Command {
    vec![Step::Deny(Reason::ConsentDenied)]
}

/// Waits until the status is as wanted; answers it.
pub(crate) async fn wait_for(queries: &Queries, wanted: impl Fn(&Status) -> bool) -> Status {
    let mut changes = queries.changes();
    let status = changes.wait_for(|status| wanted(status)).await.unwrap();
    Status::clone(&status)
}

/// Whether every table is served and knows everything up to `head`.
pub(crate) fn is_at(head: u64) -> impl Fn(&Status) -> bool {
    move |status| {
        !status.positions.is_empty()
            && status.positions.iter().all(|one| one.serving && one.position == head)
    }
}

/// One row for each event, which cannot be taken in twice.
pub(crate) struct Ledgered;

impl Projection for Ledgered {
    fn name(&self) -> &'static str {
        "ledgered"
    }

    fn version(&self) -> u32 {
        1
    }

    fn schema(&self) -> &'static str {
        "CREATE TABLE {table} (position INTEGER NOT NULL PRIMARY KEY, stream BLOB NOT NULL);"
    }

    fn reads(&self, _: Category) -> bool {
        true
    }

    fn apply(
        &self,
        connection: &Connection,
        table: &str,
        events: &[Event<'_>],
    ) -> Result<(), Rejected> {
        let sql = format!("INSERT INTO {table} VALUES (?, ?)");
        let mut statement = connection.prepare_cached(&sql).map_err(Rejected::at(0))?;
        for (at, event) in events.iter().enumerate() {
            let row = params![event.position.cast_signed(), event.head.stream.to_bytes()];
            let written = statement.execute(row).map_err(ProjectionError::from);
            written.map_err(Rejected::at(at))?;
        }
        Ok(())
    }
}

/// A signal that never comes.
pub(crate) fn silence() -> watch::Receiver<u64> {
    watch::channel(0).1
}
