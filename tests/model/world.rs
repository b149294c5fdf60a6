//! The provider's rules, engine and views, as two nodes over one log.

use std::{cell::RefCell, collections::HashMap, sync::Arc};

use futures_util::FutureExt as _;
use moneta::{
    domain::{
        Aggregate,
        client::{self, Client},
        consent::{self, Consent},
        session::{self, Session},
        subject::{Command as SubjectCommand, Subject},
        transaction::Transaction,
    },
    engine::{
        execute::Ledger,
        facts::{Boards, Capacity, Facts, client_stream, consent_stream},
        gate::{EndUser, Holder, Wish},
        loaded::Loaded,
        order::{Carried, Context, Failure, Order},
        scribe::Scribe,
    },
    feed::publish::Published,
    runtime::{
        clock::{Clock as _, FixedClock},
        entropy::Entropy,
    },
};
use moneta_events::{
    Digest, Reason, StreamId,
    client::Registered,
    session::{Reauthenticated, SessionEnd, Started},
    subject,
};
use uuid::Uuid;

use crate::{
    cast::{self, BEGINNING, CLIENTS, USERS, lifetime},
    deed::{Deed, Move, Number, SessionDeed, UserDeed},
    log::Log,
    reference::Verdict,
};

/// The provider.
pub(crate) struct World {
    pub(crate) log: Arc<Log>,
    pub(crate) facts: Facts,
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<FixedClock>,
    nodes: [HashMap<StreamId, Loaded<Transaction>>; 2],
    /// Somebody who only looks on.
    reader: RefCell<HashMap<StreamId, Loaded<Transaction>>>,
    /// Every order to a transaction so far.
    pub(crate) told: Vec<Told>,
}

/// An order to a transaction, and what came of it.
pub(crate) struct Told {
    pub(crate) stream: StreamId,
    pub(crate) order: Order<Transaction>,
    pub(crate) verdict: Result<(), Reason>,
    /// The revisions of what it recorded.
    pub(crate) recorded: std::ops::Range<usize>,
}

impl World {
    pub(crate) fn new() -> Self {
        let log = Log::new();
        let boards = Boards::new(Capacity { tokens: 1, people: 4, clients: 2 });
        let store = Arc::new(Published::new(log.clone(), vec![boards.clone()]));
        let clock = Arc::new(FixedClock::at(BEGINNING));
        let scribe = Scribe {
            node: "node".into(),
            configuration: "configuration".into(),
            clock: clock.clone(),
            entropy: Entropy::default(),
        };
        let ledger = Ledger { store: store.clone(), scribe };
        let mut world = Self {
            log,
            facts: Facts { boards, store },
            ledger,
            clock,
            nodes: [HashMap::new(), HashMap::new()],
            reader: RefCell::default(),
            told: Vec::new(),
        };
        for number in 0..CLIENTS {
            let metadata = cast::metadata(number);
            let registered = Box::new(Registered { metadata, secret: None });
            let stream = client_stream(cast::client_id(number).as_str());
            assert_eq!(
                world.tell::<Client>(stream, client::Command::Register(registered)).0,
                Ok(())
            );
        }
        for number in 0..USERS {
            let stream = cast::user(number).stream();
            let [username, claims] = [cast::sealed(stream), cast::sealed(stream)];
            let registered = subject::Registered { username, claims, password: None };
            let command = SubjectCommand::Register(registered);
            assert_eq!(world.tell::<Subject>(stream, command).0, Ok(()));
        }
        world
    }

    /// Does it, on one of the two nodes.
    pub(crate) fn act(&mut self, node: usize, deed: &Deed) -> Verdict {
        match deed {
            Deed::Wait(seconds) => {
                self.clock.advance(*seconds);
                (Ok(()), false)
            }
            Deed::User(user, deed) => {
                let stream = cast::user(*user).stream();
                let password = cast::sealed(stream);
                self.tell::<Subject>(
                    stream,
                    match deed {
                        UserDeed::Disable => SubjectCommand::Disable,
                        UserDeed::Enable => SubjectCommand::Enable,
                        UserDeed::NewPassword => {
                            SubjectCommand::ChangePassword(subject::PasswordChanged { password })
                        }
                    },
                )
            }
            Deed::Client(client, enabled) => {
                let stream = client_stream(cast::client_id(*client).as_str());
                let command =
                    if *enabled { client::Command::Enable } else { client::Command::Disable };
                self.tell::<Client>(stream, command)
            }
            Deed::Session(number, deed) => {
                let command = self.session_command(*deed);
                self.tell::<Session>(cast::session(*number), command)
            }
            Deed::Consent(user, client, scope) => {
                let (subject, client_id) = (cast::user(*user), cast::client_id(*client));
                let stream = consent_stream(subject, &client_id);
                let command = match scope {
                    Some(scopes) => {
                        consent::Command::Grant { subject, client_id, scope: cast::scope(*scopes) }
                    }
                    None => consent::Command::Withdraw,
                };
                self.tell::<Consent>(stream, command)
            }
            Deed::Transaction(number, moves) => self.transaction(node, *number, moves),
        }
    }

    fn session_command(&self, deed: SessionDeed) -> session::Command {
        let auth_time = self.clock.now();
        let expires_at = auth_time.plus_seconds(lifetime::SESSION);
        let (acr, amr) = ("1".to_owned(), vec!["pwd".to_owned()]);
        let secret = Digest::of(&[b"secret"]);
        match deed {
            SessionDeed::Start(user) => {
                let subject = cast::user(user);
                session::Command::Start(Started {
                    subject,
                    secret,
                    auth_time,
                    acr,
                    amr,
                    expires_at,
                })
            }
            SessionDeed::Again(user) => session::Command::Reauthenticate {
                subject: cast::user(user),
                with: Reauthenticated { secret, auth_time, acr, amr, expires_at },
            },
            SessionDeed::End => session::Command::End(SessionEnd::SignedOut),
        }
    }

    fn transaction(&mut self, node: usize, number: Number, moves: &[Move]) -> Verdict {
        let stream = cast::transaction(number);
        let gate = self.gate(stream);
        let now = self.now();
        let command = moves.iter().map(|step| cast::step(step, gate, now)).collect();
        let order = Order { id: self.fresh_id(), command, context: self.context() };
        let before = self.log.stream(stream).len();
        let verdict = self.carry(node, stream, &order);
        let recorded = before..self.log.stream(stream).len();
        let went_on_record = !recorded.is_empty();
        self.told.push(Told { stream, order, verdict, recorded });
        (verdict, went_on_record)
    }

    /// Gives an order of before once more; it must not happen again.
    pub(crate) fn repeat(&mut self, node: usize, told: usize) -> Result<(), Reason> {
        let told = self.told.remove(told);
        let verdict = self.carry(node, told.stream, &told.order);
        self.told.push(told);
        verdict
    }

    /// As an actor does it: warm where it can be, from the beginning where the store failed.
    fn carry(
        &mut self,
        node: usize,
        stream: StreamId,
        order: &Order<Transaction>,
    ) -> Result<(), Reason> {
        until_done(|| {
            let mut loaded = match self.nodes[node].remove(&stream) {
                Some(loaded) => loaded,
                None => ready(Loaded::replay(stream, &*self.ledger.store))?,
            };
            let outcome = ready(self.ledger.execute(&mut loaded, order));
            if !matches!(outcome, Err(Failure::Store(_))) {
                self.nodes[node].insert(stream, loaded);
            }
            outcome
        })
    }

    fn tell<A: Aggregate>(&mut self, stream: StreamId, command: A::Command) -> Verdict {
        let order = Order::<A> { id: self.fresh_id(), command, context: self.context() };
        let before = self.log.stream(stream).len();
        let verdict = until_done(|| ready(self.ledger.tell(stream, &order)));
        (verdict, self.log.stream(stream).len() > before)
    }

    /// The state by what is on record now.
    pub(crate) fn state(&self, stream: StreamId) -> Arc<Transaction> {
        let mut reader = self.reader.borrow_mut();
        let loaded = reader.entry(stream).or_insert_with(|| Loaded::fresh(stream));
        until_answered(|| ready(loaded.refresh(&*self.ledger.store)).ok());
        Arc::clone(&loaded.state)
    }

    fn gate(&self, stream: StreamId) -> Result<(), Reason> {
        let state = self.state(stream);
        let (Some(client_id), Some(known)) = (&state.client_id, &state.authentication) else {
            return Ok(());
        };
        let end_user = EndUser {
            subject: known.subject,
            session: Some(known.session),
            auth_time: known.auth_time,
            offline: state.granted.contains("offline_access"),
        };
        let holder = Holder { client_id: client_id.as_str(), end_user: Some(end_user) };
        let now = self.clock.now();
        until_answered(|| ready(self.facts.gate(holder, Wish::Issue, now)).ok())
    }

    /// The state the nodes hold in memory, each with where it stands.
    pub(crate) fn warm(&self) -> impl Iterator<Item = &Loaded<Transaction>> {
        self.nodes.iter().flat_map(HashMap::values)
    }

    fn now(&self) -> i64 {
        self.clock.now().as_seconds() - BEGINNING.as_seconds()
    }

    fn fresh_id(&self) -> Uuid {
        self.ledger.scribe.entropy.uuid(self.clock.now())
    }

    fn context(&self) -> Context {
        Context { now: self.clock.now(), ..cast::context() }
    }
}

/// Nothing here ever waits.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a log in memory answers at once")
}

/// Tries until the store lets it happen; answers with the rules' verdict.
fn until_done<A>(mut attempt: impl FnMut() -> Result<Carried<A>, Failure>) -> Result<(), Reason> {
    for _ in 0..100 {
        match attempt() {
            Ok(_) => return Ok(()),
            Err(Failure::Refused(reason)) => return Err(reason),
            Err(Failure::Busy | Failure::Store(_)) => {}
            Err(failure @ Failure::Quarantined(_)) => panic!("{failure}"),
        }
    }
    panic!("the store never recovered");
}

pub(crate) fn until_answered<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    (0..100).find_map(|_| ask()).expect("the store never recovered")
}
