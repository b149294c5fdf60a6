//! Two nodes with one log, each with a copy of the state that knows nothing of the other: whatever order
//! their work takes, what comes of it is what would have come of it one after the other.

use std::{cell::RefCell, sync::Arc};

use moneta::{
    domain::{
        Aggregate as _,
        transaction::{Command, Transaction},
    },
    engine::{
        execute::Ledger,
        loaded::Loaded,
        order::{Failure, Order},
        scribe::Scribe,
    },
    runtime::{clock::FixedClock, entropy::Entropy},
    store::EventStore,
};
use moneta_events::{Reason, chain};
use proptest::prelude::*;

use crate::{
    cast::{self, BEGINNING, digest},
    deed::{Allow, Challenge, Exchange, Move, Refresh, Response, Verifier},
    log::{Log, Turns},
    schedule::{Schedule, Task, every_schedule},
    world::ready,
};

/// What a node may be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ask {
    Exchange,
    ExchangeBadly,
    /// With the refresh token of the generation that is as many refreshes old as the node has asked for.
    Refresh,
    Revoke,
    RevokeOne,
    /// The access token that went out beside the code.
    RevokeFront,
}

type Verdict = Result<(), Reason>;

/// Asks as commands; refreshes count up through the generations.
fn commands(asks: &[Ask]) -> Vec<Command> {
    let mut generation = 0;
    asks.iter().map(|ask| vec![cast::step(&step(*ask, &mut generation), Ok(()), 0)]).collect()
}

fn step(ask: Ask, generation: &mut u32) -> Move {
    // One digest per generation, whoever issues it: what is tested is who may.
    let access = |generation: u32| digest("access", generation as usize);
    let refresh = |generation: u32| digest("refresh", generation as usize);
    match ask {
        Ask::Exchange | Ask::ExchangeBadly => Move::Exchange(Exchange {
            code: digest("code", 0),
            client: 0,
            right_redirect_uri: true,
            verifier: if ask == Ask::Exchange { Verifier::Right } else { Verifier::Wrong },
            scope: 1,
            new_access: access(0),
            rotated_to: Some(refresh(0)),
        }),
        Ask::Refresh => {
            *generation += 1;
            Move::Refresh(Refresh {
                generation: *generation - 1,
                digest: refresh(*generation - 1),
                client: 0,
                scope: 1,
                new_access: access(*generation),
                rotated_to: refresh(*generation),
            })
        }
        Ask::Revoke => Move::RevokeAll,
        Ask::RevokeOne => Move::RevokeOne(access(0)),
        Ask::RevokeFront => Move::RevokeOne(digest("front", 0)),
    }
}

pub(crate) fn ledger(store: Arc<dyn EventStore>) -> Ledger {
    let scribe = Scribe {
        node: "node".into(),
        configuration: "configuration".into(),
        clock: Arc::new(FixedClock::at(BEGINNING)),
        entropy: Entropy::default(),
    };
    Ledger { store, scribe }
}

fn order(ledger: &Ledger, command: Command) -> Order<Transaction> {
    let id = ledger.scribe.entropy.uuid(BEGINNING);
    Order { id, command, context: cast::context() }
}

fn told(outcome: Result<impl Sized, Failure>) -> Verdict {
    match outcome {
        Ok(_) => Ok(()),
        Err(Failure::Refused(reason)) => Err(reason),
        Err(failure) => panic!("{failure}"),
    }
}

/// A log in which a code is out, and how the stream looked after each order.
fn code_out() -> (Arc<Log>, Vec<Loaded<Transaction>>) {
    answered(Response::CODE, Allow::code(1, digest("code", 0)))
}

/// The same with an access token beside the code.
fn hybrid_out() -> (Arc<Log>, Vec<Loaded<Transaction>>) {
    let token = Some((digest("front", 0), 1));
    answered(
        Response { token: true, ..Response::CODE },
        Allow { token, ..Allow::code(1, digest("code", 0)) },
    )
}

fn answered(response: Response, allow: Allow) -> (Arc<Log>, Vec<Loaded<Transaction>>) {
    let log = Log::new();
    let ledger = ledger(log.clone());
    let mut loaded = Loaded::fresh(cast::transaction(0));
    let mut past = Vec::new();
    for front in [
        Move::Request { client: 0, scope: 3, challenge: Challenge::S256, response },
        Move::SignIn { user: 0, session: 0 },
        Move::Allow(allow),
    ] {
        let command = vec![cast::step(&front, Ok(()), 0)];
        assert_eq!(told(ready(ledger.execute(&mut loaded, &order(&ledger, command)))), Ok(()));
        past.push(loaded.clone());
    }
    (log, past)
}

/// One place in the tree of everything two nodes can do, order by order.
#[derive(Clone)]
struct Place {
    log: Arc<Log>,
    nodes: [Loaded<Transaction>; 2],
    generations: [u32; 2],
    left: [usize; 2],
    /// What one node alone would have come to.
    alone: Transaction,
    path: Vec<(usize, Ask)>,
}

impl Place {
    fn explore(&self, orders: &mut usize) {
        for node in [0, 1] {
            if self.left[node] == 0 {
                continue;
            }
            for ask in [Ask::Exchange, Ask::Refresh, Ask::Revoke] {
                let mut next = Self { log: self.log.fork(), ..self.clone() };
                next.go(node, ask);
                *orders += 1;
                next.explore(orders);
            }
        }
    }

    fn go(&mut self, node: usize, ask: Ask) {
        self.path.push((node, ask));
        self.left[node] -= 1;
        let command = vec![cast::step(&step(ask, &mut self.generations[node]), Ok(()), 0)];
        let expected = self.alone.decide(&command);
        expected.events.iter().for_each(|event| self.alone.evolve(event));
        let (before, ledger) = (self.log.len(), ledger(self.log.clone()));
        let order = order(&ledger, command);
        let verdict = told(ready(ledger.execute(&mut self.nodes[node], &order)));
        assert_eq!(verdict, expected.verdict, "{:?}", self.path);
        assert_eq!(self.log.len() - before, expected.events.len(), "{:?}", self.path);
        assert_eq!(*self.nodes[node].state, self.alone, "{:?}", self.path);
    }
}

#[test]
fn three_orders_each_in_every_order_of_arrival() {
    let (log, past) = code_out();
    let start = Place {
        log,
        // One issued the code; the other saw nothing after the request.
        nodes: [past[2].clone(), past[0].clone()],
        generations: [0, 0],
        left: [3, 3],
        alone: (*past[2].state).clone(),
        path: Vec::new(),
    };
    let mut orders = 0;
    start.explore(&mut orders);
    assert_eq!(orders, 20_832, "every place in the tree was visited");
}

/// What came of two programs: the verdicts of each, and where it led.
type Outcome = ([Vec<Verdict>; 2], Transaction);

/// What can come of the rest of two programs when their orders are carried out one by one.
fn one_by_one(state: &Transaction, programs: [&[Command]; 2]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for node in [0, 1] {
        let Some((first, rest)) = programs[node].split_first() else { continue };
        let mut next = state.clone();
        let decision = next.decide(first);
        decision.events.iter().for_each(|event| next.evolve(event));
        let mut left = programs;
        left[node] = rest;
        for (mut verdicts, end) in one_by_one(&next, left) {
            verdicts[node].insert(0, decision.verdict);
            outcomes.push((verdicts, end));
        }
    }
    if outcomes.is_empty() {
        outcomes.push(([Vec::new(), Vec::new()], state.clone()));
    }
    outcomes
}

/// Runs both programs with their calls of the store interleaved as the schedule says.
fn together(
    schedule: &mut Schedule,
    (log, nodes): (&Arc<Log>, [&Loaded<Transaction>; 2]),
    programs: [&[Command]; 2],
) -> Outcome {
    let log = log.fork();
    let verdicts = [RefCell::new(Vec::new()), RefCell::new(Vec::new())];
    let task = |node: usize| -> Task<'_> {
        let ledger = ledger(Arc::new(Turns { log: Arc::clone(&log), before_answers: false }));
        let (mut loaded, verdicts) = (nodes[node].clone(), &verdicts[node]);
        let orders: Vec<_> = programs[node].iter().map(|c| order(&ledger, c.clone())).collect();
        Box::pin(async move {
            for order in &orders {
                // Too many lost races in a row: nothing happened, and the caller comes back.
                let outcome = loop {
                    match ledger.execute(&mut loaded, order).await {
                        Err(Failure::Busy) => {}
                        outcome => break outcome,
                    }
                };
                verdicts.borrow_mut().push(told(outcome));
            }
        })
    };
    schedule.run(vec![task(0), task(1)]);
    chain::verify(&log.stream(cast::transaction(0))).unwrap();
    let end = ready(Loaded::<Transaction>::replay(cast::transaction(0), &*log)).unwrap();
    (verdicts.map(RefCell::into_inner), (*end.state).clone())
}

#[test]
fn calls_of_the_store_in_every_order_of_arrival() {
    use Ask::{Exchange, ExchangeBadly, Refresh, Revoke, RevokeFront, RevokeOne};
    let mut pairs: Vec<(Vec<Ask>, Vec<Ask>)> = Vec::new();
    let asks = [Exchange, Refresh, Revoke];
    let two = asks.map(|first| asks.map(|second| vec![first, second])).concat();
    for (at, a) in two.iter().enumerate() {
        pairs.extend(two[..=at].iter().map(|b| (a.clone(), b.clone())));
    }
    pairs.extend([
        (vec![Exchange, Refresh, Refresh], vec![Exchange, Refresh, Refresh]),
        (vec![Exchange, Refresh, Revoke], vec![Refresh, Refresh, Exchange]),
        (vec![ExchangeBadly, Exchange, RevokeOne], vec![RevokeOne, ExchangeBadly, Revoke]),
    ]);
    let mut schedules = every_pair(&code_out(), &pairs);
    assert!(schedules > 2_000, "only {schedules} schedules");
    let beside_a_code = [
        (vec![Exchange, Refresh], vec![Revoke, Exchange]),
        (vec![Exchange, Exchange], vec![RevokeFront, Revoke]),
        (vec![RevokeFront, Revoke], vec![Revoke, RevokeFront]),
        (vec![ExchangeBadly, Revoke], vec![Exchange, RevokeFront]),
    ];
    schedules = every_pair(&hybrid_out(), &beside_a_code);
    assert!(schedules > 100, "only {schedules} schedules with an access token beside the code");
}

/// Plays each pair of programs in every order of arrival; answers with how many orders there were.
fn every_pair(
    (log, past): &(Arc<Log>, Vec<Loaded<Transaction>>),
    pairs: &[(Vec<Ask>, Vec<Ask>)],
) -> usize {
    let mut schedules = 0;
    for (a, b) in pairs {
        let programs = [commands(a), commands(b)];
        let programs = [&programs[0][..], &programs[1][..]];
        let possible = one_by_one(&past[2].state, programs);
        // One node issued the code; the other saw nothing after the request.
        schedules += every_schedule(|schedule| {
            let outcome = together(schedule, (log, [&past[2], &past[0]]), programs);
            assert!(possible.contains(&outcome), "{a:?} and {b:?}: {outcome:?} {schedule:?}");
        });
    }
    schedules
}

fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![
        3 => Just(Ask::Exchange),
        1 => Just(Ask::ExchangeBadly),
        4 => Just(Ask::Refresh),
        1 => Just(Ask::Revoke),
        1 => Just(Ask::RevokeOne),
        1 => Just(Ask::RevokeFront),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn long_programs_in_random_orders_of_arrival(
        a in prop::collection::vec(ask(), 1..5),
        b in prop::collection::vec(ask(), 1..5),
        stale in 0..3_usize,
        hybrid in any::<bool>(),
        picks in prop::collection::vec(any::<u8>(), 40),
    ) {
        let (log, past) = if hybrid { hybrid_out() } else { code_out() };
        let programs = [commands(&a), commands(&b)];
        let programs = [&programs[0][..], &programs[1][..]];
        let possible = one_by_one(&past[2].state, programs);
        let mut schedule = Schedule::from_picks(&picks);
        let outcome = together(&mut schedule, (&log, [&past[2], &past[stale]]), programs);
        prop_assert!(possible.contains(&outcome), "{outcome:?}");
    }
}
