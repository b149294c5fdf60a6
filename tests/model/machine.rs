//! Random stories, told to the provider and to the reference model: no difference in any verdict or in
//! anything that can be seen, whatever gets lost on the way to the store.

use std::{cell::RefCell, collections::BTreeSet};

use proptest::{
    prelude::*,
    test_runner::{FileFailurePersistence, TestRunner},
};

use crate::{
    act::{Act, Kind, fit},
    invariants,
    log::Fate,
    reference::Reference,
    world::World,
};

/// Stories of a normal run; with `MONETA_TEST_LONG` thirty times as many.
const STORIES: u32 = 150;

/// Tells a story of acts, with a fate for each append and read of the store while there are any.
fn tell(acts: &[Act], appends: &[Fate], reads: &[Fate]) -> Result<World, TestCaseError> {
    let mut world = World::new();
    let mut reference = Reference::default();
    world.log.set_fates(appends.iter().copied(), reads.iter().copied());
    for (fresh, act) in acts.iter().enumerate() {
        if let Kind::Repeat(which) = act.kind {
            repeat(&mut world, act.node, which)?;
            continue;
        }
        for deed in fit(&act.kind, &reference, fresh) {
            let expected = reference.judge(&deed);
            let verdict = world.act(act.node, &deed);
            prop_assert_eq!(verdict, expected, "verdict and whether it is on record: {:?}", deed);
            prop_assert_eq!(world.sight(&reference), reference.sight(), "after {:?}", deed);
        }
    }
    invariants::hold(&world)?;
    Ok(world)
}

/// An order that is on record is answered as before and does not happen again.
fn repeat(world: &mut World, node: usize, which: usize) -> Result<(), TestCaseError> {
    let on_record: Vec<usize> =
        (0..world.told.len()).filter(|told| !world.told[*told].recorded.is_empty()).collect();
    let Some(told) = on_record.get(which % on_record.len().max(1)).copied() else { return Ok(()) };
    let (verdict, before) = (world.told[told].verdict, world.log.len());
    let again = world.repeat(node, told);
    prop_assert_eq!(again, verdict, "an order came again");
    prop_assert_eq!(world.log.len(), before, "an order that came again was recorded again");
    Ok(())
}

fn runner() -> TestRunner {
    let file = "tests/model/proptest-regressions/machine.txt";
    let long = std::env::var_os("MONETA_TEST_LONG").is_some();
    TestRunner::new(ProptestConfig {
        cases: if long { 30 * STORIES } else { STORIES },

        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..ProptestConfig::default()
    })
}

fn story() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(Act::any(), 1..80)
}

#[test]
fn the_provider_does_what_the_reference_model_says() {
    let met = RefCell::new(BTreeSet::new());
    let told = runner().run(&story(), |story| {
        let world = tell(&story, &[], &[])?;
        let verdicts = world.told.iter().map(|told| told.verdict.err());
        met.borrow_mut().extend(verdicts.map(|refusal| refusal.map_or("done", |r| r.as_str())));
        Ok(())
    });
    told.unwrap_or_else(|failure| panic!("{failure}"));
    // Stories that never get anywhere would agree, too.
    for expected in [
        "done",
        "out_of_order",
        "code_unknown",
        "code_client_mismatch",
        "code_expired",
        "code_replayed",
        "code_attempts_exhausted",
        "refresh_token_unknown",
        "refresh_token_client_mismatch",
        "refresh_token_replayed",
        "grant_revoked",
        "user_disabled",
        "client_disabled",
        "scope_exceeds_grant",
    ] {
        assert!(met.borrow().contains(expected), "no story led to {expected}: {met:?}");
    }
}

#[test]
fn no_answer_is_lost_and_none_doubled_when_the_store_falters() {
    let append = prop_oneof![
        5 => Just(Fate::Fine),
        3 => Just(Fate::AnswerLost),
        1 => Just(Fate::CallLost),
        1 => Just(Fate::Busy),
        1 => Just(Fate::Away),
    ];
    let read = prop_oneof![9 => Just(Fate::Fine), 1 => Just(Fate::Away)];
    let appends = prop::collection::vec(append, 0..120);
    let reads = prop::collection::vec(read, 0..200);
    let told = runner().run(&(story(), appends, reads), |(story, appends, reads)| {
        tell(&story, &appends, &reads).map(|_| ())
    });
    told.unwrap_or_else(|failure| panic!("{failure}"));
}
