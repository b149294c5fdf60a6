use std::time::Duration;

use moneta_events::{
    Actor, Digest, Scope,
    approval::{DecisionDevice, Proof, ProofMethod},
    backchannel::HintKind,
    client::TokenDeliveryMode,
};
use uuid::Uuid;

use super::*;
use crate::{
    engine::{
        directory::{Arbiter, Bounds},
        execute::Ledger,
        fatigue::Limits,
        guards::Guards,
        scribe::Scribe,
    },
    feed::{
        projector::Projector,
        publish::{Absorb, Published},
        queries::ReadModels,
    },
    runtime::{
        clock::{Clock as _, FixedClock},
        entropy::Entropy,
    },
    store::{EventStore, guard::memory::MemoryGuards, memory::MemoryLog},
};

const ALICE: SubjectId = SubjectId(Uuid::from_u128(0xA11CE));
const BOB: SubjectId = SubjectId(Uuid::from_u128(0xB0B));

/// A node over a log that outlives it.
struct Node {
    pending: Pending,
    clock: Arc<FixedClock>,
    projector: Projector,
}

impl Node {
    fn start(log: &Arc<MemoryLog>) -> Self {
        let open = Arc::<OpenRequests>::default();
        let views = vec![Arc::clone(&open) as Arc<dyn Absorb>];
        let store = Arc::new(Published::new(Arc::clone(log) as _, views));
        let clock = Arc::new(FixedClock::at(Timestamp::from_seconds(1_800_000_000)));
        let scribe = Scribe {
            node: "node".into(),
            configuration: "configuration".into(),
            clock: Arc::clone(&clock) as _,
            entropy: Entropy::default(),
        };
        let (projector, queries) = Projector::start(
            ReadModels::Memory,
            Arc::clone(&store) as _,
            store.appended(),
            moneta_projections::ALL.to_vec(),
        )
        .unwrap();
        let ledger = Ledger { store: store as Arc<dyn EventStore>, scribe };
        let bounds = Bounds { orders_per_shard: 8, orders_per_stream: 8 };
        let grants = Grants::new(ledger, &[Arbiter::new()], bounds);
        let guards = Guards::new(Arc::new(MemoryGuards::default()), &[1; 32]);
        let limits = Limits {
            open: 3,
            open_per_client: 1,
            denials: 2,
            denial_window: 60,
            report_window: 60,
        };
        let fatigue = FatigueGuard::new(guards, limits);
        Self { pending: Pending::new(open, grants, queries, fatigue), clock, projector }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn context(&self, actor: Actor) -> Context {
        Context {
            now: self.now(),
            actor,
            source: None,
            transaction: None,
            causation: Uuid::nil(),
            correlation: Uuid::nil(),
        }
    }

    async fn request(&self, subject: SubjectId) -> StreamId {
        let entropy = &self.pending.grants.ledger.scribe.entropy;
        let stream = StreamId::new(Category::Backchannel, entropy.uuid(self.now()));
        let requested = Requested {
            client_id: "ciba".into(),
            client_revision: 0,
            subject,
            hint: HintKind::LoginHint,
            scope: Scope::parse("openid"),
            audience: Vec::new(),
            acr_values: Vec::new(),
            binding_message: None,
            user_code: false,
            request_object: None,
            delivery_mode: TokenDeliveryMode::Poll,
            client_notification_token: None,
            auth_req_id: Digest::of(&[b"secret"]),
            interval: 5,
            expires_at: self.now().plus_seconds(300),
        };
        let order = Order {
            id: entropy.uuid(self.now()),
            command: Command::Request(Arc::new(requested)),
            context: self.context(Actor::client(&"ciba".into())),
        };
        self.pending.grants.backchannel.begin(stream, order).await.unwrap();
        stream
    }

    async fn decide(&self, stream: StreamId, decision: Decision) -> Result<(), Failure> {
        let context = self.context(Actor::user(ALICE));
        self.pending.decide(stream, decision, context).await.map(|_| ())
    }

    async fn streams(&self, subject: SubjectId) -> Vec<StreamId> {
        let waiting = self.pending.of(subject, self.now()).await.unwrap();
        waiting.into_iter().map(|request| request.stream).collect()
    }
}

fn approval(subject: SubjectId, now: Timestamp) -> Decision {
    Decision::Approve(Arc::new(Approved {
        subject,
        scope: Scope::parse("openid"),
        session: None,
        auth_time: now,
        acr: String::new(),
        amr: Vec::new(),
        shown: None,
        device: DecisionDevice::Test,
        proof: Proof { method: ProofMethod::Test, credential: None, assertion: None },
    }))
}

fn denial() -> Decision {
    let device = DecisionDevice::Test;
    Decision::Deny(Denied { reason: Reason::ConsentDenied, shown: None, device })
}

#[test]
fn what_waits_is_listed_until_it_is_decided_or_over() {
    actix::System::new().block_on(async {
        let node = Node::start(&Arc::new(MemoryLog::new()));
        assert!(node.streams(ALICE).await.is_empty());
        let first = node.request(ALICE).await;
        node.clock.advance(1);
        let (second, third) = (node.request(ALICE).await, node.request(BOB).await);
        assert_eq!(node.streams(ALICE).await, [first, second]);
        let of_others = node.pending.find(third, ALICE, node.now()).await.unwrap();
        assert!(of_others.is_none(), "what waits for Bob is not shown to Alice");
        let found = node.pending.find(first, ALICE, node.now()).await.unwrap().unwrap();
        assert_eq!(found.requested_at, node.now().plus_seconds(-1));
        node.decide(first, denial()).await.unwrap();
        assert_eq!(node.streams(ALICE).await, [second]);
        node.clock.advance(299);
        assert_eq!(node.streams(ALICE).await, [second]);
        node.clock.advance(1);
        assert!(node.streams(ALICE).await.is_empty(), "nobody can decide it any more");
        assert!(node.streams(BOB).await.is_empty());
        node.projector.stop().await;
    });
}

#[test]
fn a_decision_is_made_once_and_by_its_end_user() {
    actix::System::new().block_on(async {
        let node = Node::start(&Arc::new(MemoryLog::new()));
        let stream = node.request(ALICE).await;
        let refused = |outcome| match outcome {
            Err(Failure::Refused(reason)) => reason,
            other => panic!("not refused: {other:?}"),
        };
        let foreign = node.decide(stream, approval(BOB, node.now())).await;
        assert_eq!(refused(foreign), Reason::ApprovalSubjectMismatch);
        node.decide(stream, Decision::Fail(Reason::PasswordWrong)).await.unwrap();
        assert_eq!(node.streams(ALICE).await, [stream], "they may try again");
        node.decide(stream, approval(ALICE, node.now())).await.unwrap();
        assert_eq!(refused(node.decide(stream, denial()).await), Reason::OutOfOrder);
        let again = node.decide(stream, approval(ALICE, node.now())).await;
        assert_eq!(refused(again), Reason::OutOfOrder);
        node.projector.stop().await;
    });
}

#[test]
fn room_is_given_back_though_the_decision_was_never_counted() {
    actix::System::new().block_on(async {
        let node = Node::start(&Arc::new(MemoryLog::new()));
        let (client, subject) = ("ciba".into(), ALICE);
        let parties = Parties { client: &client, subject };
        let over_at = node.now().plus_seconds(300);
        let stream = node.request(ALICE).await;
        let room = |stream| node.pending.make_room(parties, stream, over_at, node.now());
        assert_eq!(room(stream).await.unwrap(), Ok(()));
        let next = StreamId::new(Category::Backchannel, Uuid::from_u128(1));
        assert_eq!(room(next).await.unwrap(), Err(NoRoom::Full(300)));
        // As if the node had died between the append and the count.
        let step = Step::Deny {
            denied: Denied {
                reason: Reason::ConsentDenied,
                shown: None,
                device: DecisionDevice::Test,
            },
            now: node.now(),
        };
        let order = Order {
            id: Uuid::from_u128(2),
            command: Command::Approval(step),
            context: node.context(Actor::user(ALICE)),
        };
        node.pending.grants.backchannel.tell(stream, order).await.unwrap();
        assert_eq!(room(next).await.unwrap(), Ok(()));
        node.projector.stop().await;
    });
}

#[test]
fn a_node_that_starts_again_knows_what_waits() {
    actix::System::new().block_on(async {
        let log = Arc::new(MemoryLog::new());
        let before = Node::start(&log);
        let (open, decided) = (before.request(ALICE).await, before.request(ALICE).await);
        before.decide(decided, denial()).await.unwrap();
        before.projector.stop().await;
        let after = Node::start(&log);
        after.clock.advance(1);
        let fresh = after.request(ALICE).await;
        assert_eq!(after.streams(ALICE).await, [open, fresh]);
        let (held, whole) = after.pending.open.of(ALICE);
        assert_eq!((held, whole), (vec![open, fresh], true), "and looks it up once");
        after.projector.stop().await;
    });
}

#[test]
fn changes_are_heard_without_asking_again() {
    actix::System::new().block_on(async {
        let node = Node::start(&Arc::new(MemoryLog::new()));
        let mut changes = node.pending.changes(ALICE);
        let stream = node.request(ALICE).await;
        assert!(changes.next().await);
        node.request(BOB).await;
        let quiet = tokio::time::timeout(Duration::from_millis(20), changes.next()).await;
        assert!(quiet.is_err(), "Bob's are none of Alice's business");
        node.decide(stream, denial()).await.unwrap();
        assert!(changes.next().await);
        node.pending.close();
        assert!(!changes.next().await);
        node.projector.stop().await;
    });
}
