//! Where scenarios play: the engine over a log in memory, a clock that stands still, alice and bob, and
//! three clients.

use std::{
    cell::{Cell, RefCell},
    sync::Arc,
};

use moneta::{
    adapters::file_key_wrap::FileKeyWrap,
    domain::{
        Aggregate,
        transaction::{Step, Transaction},
    },
    engine::{
        clients::Clients,
        execute::Ledger,
        facts::{Boards, Capacity, Facts, client_stream},
        order::{Context, Failure, Order},
        people::{People, UsernameIndex},
        privacy::{DataKey, Privacy},
        scribe::Scribe,
    },
    feed::publish::Published,
    ports::{key_wrap::KeyWrap, vault::Vault},
    runtime::{
        clock::{Clock as _, FixedClock},
        entropy::Entropy,
    },
    store::{EventStore, memory::MemoryLog, vault::memory::MemoryVault},
};
use moneta_events::{
    Actor, Category, Digest, Reason, Sealed, StreamId, SubjectId, Timestamp, client::ClientMetadata,
};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use crate::render::{self, Names};

/// When every scenario begins.
pub(crate) const BEGINNING: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The engine, and who is known to it.
pub(crate) struct Stage {
    pub(crate) ledger: Ledger,
    pub(crate) facts: Facts,
    pub(crate) privacy: Privacy,
    pub(crate) usernames: UsernameIndex,
    pub(crate) vault: Arc<dyn Vault>,
    pub(crate) key_wrap: Arc<dyn KeyWrap>,
    pub(crate) alice: SubjectId,
    pub(crate) bob: SubjectId,
    pub(crate) names: RefCell<Names>,
    clock: Arc<FixedClock>,
    requests: Cell<u128>,
    _keys: TempDir,
}

impl Stage {
    pub(crate) async fn set() -> Self {
        let entropy = Entropy::default();
        let keys = tempfile::tempdir().unwrap();
        let key_wrap = FileKeyWrap::create(&keys.path().join("kek"), entropy.clone()).unwrap();
        let key_wrap: Arc<dyn KeyWrap> = Arc::new(key_wrap);
        let vault: Arc<dyn Vault> = Arc::new(MemoryVault::default());
        let boards = Boards::new(Capacity::default());
        let log = Arc::new(MemoryLog::new());
        let store: Arc<dyn EventStore> = Arc::new(Published::new(log, vec![boards.clone()]));
        let clock = Arc::new(FixedClock::at(BEGINNING));
        let scribe = Scribe {
            node: "node-1".into(),
            configuration: "settings-1".into(),
            clock: clock.clone(),
            entropy: entropy.clone(),
        };
        let nobody = SubjectId(Uuid::nil());
        let mut stage = Self {
            ledger: Ledger { store: store.clone(), scribe },
            facts: Facts { boards, store },
            privacy: Privacy::new(vault.clone(), key_wrap.clone(), entropy, 100),
            usernames: UsernameIndex::new(&key_wrap.derive("username index")),
            vault,
            key_wrap,
            alice: nobody,
            bob: nobody,
            names: RefCell::default(),
            clock,
            requests: Cell::new(0),
            _keys: keys,
        };
        stage.alice = stage.register("alice").await;
        stage.bob = stage.register("bob").await;
        for metadata in [web(), shop(), machine()] {
            let context = stage.operator();
            stage
                .clients()
                .register(metadata, Some("a secret of the client"), context)
                .await
                .unwrap();
        }
        // Nothing of the preparations shows.
        stage.requests.set(0);
        let mut names = Names::default();
        names.call(&CHALLENGE, CHALLENGE);
        names.call(&Digest::of(&[b"browser"]), "the browser's cookie");
        for (subject, name) in [(stage.alice, "alice"), (stage.bob, "bob")] {
            names.call(&subject, name);
            names.call(&subject.stream(), name);
        }
        for client_id in ["web", "mallory", "machine"] {
            names.call(&client_stream(client_id), client_id);
        }
        stage.names = RefCell::new(names);
        stage
    }

    /// Registers an end-user.
    pub(crate) async fn register(&self, username: &str) -> SubjectId {
        let claims = json!({"name": username, "email": format!("{username}@example.com")});
        let Value::Object(claims) = claims else { return self.alice };
        self.people()
            .register(username, &claims, Some("$argon2id$…"), self.operator())
            .await
            .unwrap()
    }

    pub(crate) fn people(&self) -> People<'_> {
        People {
            ledger: &self.ledger,
            facts: &self.facts,
            privacy: &self.privacy,
            usernames: &self.usernames,
        }
    }

    pub(crate) fn clients(&self) -> Clients<'_> {
        Clients { ledger: &self.ledger, facts: &self.facts }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Time goes by.
    pub(crate) fn wait(&self, seconds: i64) {
        self.clock.advance(seconds);
    }

    /// A stream nobody has written to.
    pub(crate) fn fresh(&self, category: Category) -> StreamId {
        StreamId::new(category, self.ledger.scribe.entropy.uuid(self.now()))
    }

    /// The digest of a new secret, which snapshots call `name`.
    pub(crate) fn secret(&self, name: &str) -> Digest {
        let digest = Digest::of(&[&self.ledger.scribe.entropy.bytes::<32>()]);
        self.names.borrow_mut().call(&digest, name);
        digest
    }

    /// The circumstances of a new request.
    pub(crate) fn context(&self, actor: Actor, source: Option<Sealed>, of: StreamId) -> Context {
        self.requests.set(self.requests.get() + 1);
        let causation = Uuid::from_u128(self.requests.get());
        Context {
            now: self.now(),
            actor,
            source,
            transaction: None,
            causation,
            correlation: of.uuid,
        }
    }

    /// Somebody at the command line.
    pub(crate) fn operator(&self) -> Context {
        let nothing = StreamId::new(Category::Incident, Uuid::nil());
        self.context(Actor::operator("root"), None, nothing)
    }

    /// A field sealed under the key of `owner`.
    pub(crate) async fn seal(
        &self,
        owner: StreamId,
        stream: StreamId,
        of: &str,
        field: &str,
    ) -> Sealed {
        let key: DataKey = self.privacy.data_key(owner).await.unwrap();
        key.seal(stream, of, field, b"personal", &self.ledger.scribe.entropy)
    }

    /// Gives an order.
    pub(crate) async fn tell<A: Aggregate>(
        &self,
        stream: StreamId,
        command: A::Command,
        context: Context,
    ) -> Result<(), Reason> {
        let id = self.ledger.scribe.entropy.uuid(self.now());
        match self.ledger.tell(stream, &Order::<A> { id, command, context }).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(reason)) => Err(reason),
            Err(failure) => panic!("{failure}"),
        }
    }

    /// Gives a transaction an order that comes from nobody in particular.
    pub(crate) async fn expire(&self, stream: StreamId) {
        let context = self.context(Actor::system("expiry"), None, stream);
        let command = vec![Step::Expire(self.now())];
        self.tell::<Transaction>(stream, command, context).await.unwrap();
    }

    /// The streams as text.
    pub(crate) async fn show(&self, streams: &[StreamId]) -> String {
        let mut all = Vec::new();
        for stream in streams {
            let name = self.names.borrow_mut().of(stream, stream.category.as_str());
            all.push(format!("{name}\n\n{}", self.tail(*stream, 0).await));
        }
        all.join("\n")
    }

    /// The events of a stream from revision `from` on, as text.
    pub(crate) async fn tail(&self, stream: StreamId, from: usize) -> String {
        let events = self.ledger.store.read(stream, 0, 1_000).await.unwrap();
        render::stream(&events, from, &mut self.names.borrow_mut(), BEGINNING)
    }

    /// How many events a stream has.
    pub(crate) async fn length(&self, stream: StreamId) -> usize {
        self.ledger.store.read(stream, 0, 1_000).await.unwrap().len()
    }
}

pub(crate) fn metadata(members: &Value) -> ClientMetadata {
    let mut whole = Map::new();
    whole.insert("grant_types".to_owned(), json!(["authorization_code", "refresh_token"]));
    whole.insert("scope".to_owned(), json!("openid profile email offline_access api:read"));
    whole.extend(members.as_object().cloned().unwrap_or_default());
    serde_json::from_value(Value::Object(whole)).unwrap()
}

pub(crate) fn web() -> ClientMetadata {
    metadata(&json!({
        "client_id": "web",
        "client_name": "Web shop",
        "redirect_uris": ["https://rp.example/cb"],
    }))
}

fn shop() -> ClientMetadata {
    metadata(&json!({"client_id": "mallory", "redirect_uris": ["https://mallory.example/cb"]}))
}

fn machine() -> ClientMetadata {
    metadata(&json!({
        "client_id": "machine",
        "grant_types": ["client_credentials"],
        "scope": "api:read",
    }))
}
