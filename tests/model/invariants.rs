//! What must hold of every log, however it came about.

use std::collections::HashMap;

use moneta::{
    domain::{Aggregate as _, transaction::Transaction},
    engine::loaded::Loaded,
};
use moneta_events::{
    Category, Digest, EventPayload as _, Reason, Recorded, Scope, StreamId, chain,
    token::TokenEvent,
    transaction::{FrontChannelIssued, TransactionEvent as Event},
};
use proptest::{prop_assert, prop_assert_eq, test_runner::TestCaseError};
use uuid::Uuid;

use crate::world::{World, ready};

type Checked = Result<(), TestCaseError>;

/// All of them, on everything in the log.
pub(crate) fn hold(world: &World) -> Checked {
    world.log.set_fates([], []);
    for stream in world.log.all_streams() {
        let events = world.log.stream(stream);
        chain::verify(&events).map_err(|broken| TestCaseError::fail(broken.to_string()))?;
        each_order_is_recorded_once(&events)?;
        if stream.category == Category::Transaction {
            let decoded = decode(&events)?;
            evidence_comes_first(&decoded)?;
            one_winner(&decoded)?;
            nothing_outlives_revocation(&decoded)?;
            streams_stay_short(&decoded)?;
            replay_leads_to_the_live_state(world, stream, &events, &decoded)?;
            decisions_are_repeatable(world, stream, &decoded)?;
        }
    }
    Ok(())
}

fn decode(events: &[Recorded]) -> Result<Vec<Event>, TestCaseError> {
    let read = |event: &Recorded| event.envelope().and_then(|envelope| envelope.payload());
    events
        .iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|e| TestCaseError::fail(e.to_string()))
}

/// The events of an order stand together, and no order comes twice.
fn each_order_is_recorded_once(events: &[Recorded]) -> Checked {
    let mut seen: Vec<Uuid> = Vec::new();
    for event in events {
        let order = event.envelope().unwrap().order;
        prop_assert!(
            !seen.contains(&order) || seen.last() == Some(&order),
            "order {order} came twice"
        );
        seen.push(order);
    }
    Ok(())
}

/// No answer without a sign-in and consent, no token at the token endpoint without a code, and never more
/// than was asked for.
fn evidence_comes_first(events: &[Event]) -> Checked {
    let (mut asked, mut signed_in, mut granted, mut code) = (None, false, None, None);
    let (mut exchanged, mut answers) = (false, 0);
    let within = |granted: Option<&Scope>, scope: &Scope| {
        granted.is_some_and(|granted| scope.is_subset_of(granted))
    };
    for event in events {
        match event {
            Event::Requested(request) => asked = Some(request),
            Event::Authenticated(_) => signed_in = true,
            Event::Consented(consented) => {
                prop_assert!(signed_in, "consent of nobody");
                prop_assert!(within(asked.map(|asked| &asked.scope), &consented.scope));
                granted = Some(&consented.scope);
            }
            Event::CodeIssued(issued) => {
                prop_assert!(granted.is_some(), "a code without consent");
                code = Some(issued.code);
                answers += 1;
            }
            Event::FrontChannelIssued(FrontChannelIssued { access_token, id_token }) => {
                let asked = asked.map_or("", |asked| asked.response_type.as_str());
                let word = |word| asked.split(' ').any(|own| own == word);
                prop_assert_eq!(word("token"), access_token.is_some(), "{}", asked);
                prop_assert_eq!(word("id_token"), id_token.is_some(), "{}", asked);
                prop_assert_eq!(word("code"), code.is_some(), "{}", asked);
                let scope = access_token.as_ref().map(|token| &token.scope);
                prop_assert!(scope.is_none_or(|scope| within(granted, scope)));
                answers += u32::from(code.is_none());
            }
            Event::Answered(_) => {
                prop_assert_eq!(asked.map(|asked| asked.response_type.as_str()), Some("none"));
                answers += 1;
            }
            Event::CodeExchanged(done) => {
                prop_assert_eq!(Some(done.code), code, "not the code that was issued");
                exchanged = true;
            }
            Event::Token(TokenEvent::Issued(issued) | TokenEvent::Rotated(issued)) => {
                prop_assert!(exchanged && signed_in, "a token without evidence");
                let scope = &issued.access_token.scope;
                prop_assert!(within(granted, scope), "a token beyond what was granted");
            }
            _ => {}
        }
    }
    prop_assert_eq!(answers, u32::from(granted.is_some()), "consent and one answer");
    Ok(())
}

/// A code is exchanged once, a generation follows the one before it, and what comes back is answered with
/// revocation.
fn one_winner(events: &[Event]) -> Checked {
    let (mut exchanges, mut generations) = (0, 0);
    for (at, event) in events.iter().enumerate() {
        let next = events.get(at + 1);
        match event {
            Event::CodeExchanged(_) => {
                exchanges += 1;
                prop_assert!(matches!(next, Some(Event::Token(TokenEvent::Issued(_)))));
            }
            Event::Token(TokenEvent::Issued(issued) | TokenEvent::Rotated(issued)) => {
                prop_assert_eq!(issued.generation, generations, "generations follow each other");
                generations += 1;
            }
            Event::CodeReplayed(_) | Event::Token(TokenEvent::Replayed(_)) => {
                prop_assert!(matches!(next, Some(Event::Token(TokenEvent::Revoked(_)))));
            }
            _ => {}
        }
    }
    prop_assert!(exchanges <= 1, "a code was exchanged {exchanges} times");
    Ok(())
}

fn nothing_outlives_revocation(events: &[Event]) -> Checked {
    let revoked = |event: &Event| matches!(event, Event::Token(TokenEvent::Revoked(_)));
    let Some(at) = events.iter().position(revoked) else { return Ok(()) };
    for event in &events[at + 1..] {
        prop_assert!(event.outcome().reason.is_some(), "{event:?} after everything was revoked");
    }
    Ok(())
}

/// What a stranger can add to a stream is bounded.
fn streams_stay_short(events: &[Event]) -> Checked {
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    prop_assert!(count(|event| matches!(event, Event::AuthenticationFailed(_))) <= 20);
    prop_assert!(count(|event| matches!(event, Event::Authenticated(_))) <= 20);
    prop_assert!(count(|event| matches!(event, Event::CodeRefused(_))) <= 3 + 3);
    prop_assert!(count(|e| matches!(e, Event::Token(TokenEvent::RefreshRefused(_)))) <= 10);
    prop_assert!(count(|e| matches!(e, Event::Token(TokenEvent::Revoked(_)))) <= 1);
    let mut alone: HashMap<Digest, u32> = HashMap::new();
    for event in events {
        if let Event::Token(TokenEvent::AccessTokenRevoked(revoked)) = event {
            *alone.entry(revoked.digest).or_default() += 1;
        }
    }
    prop_assert!(alone.values().all(|times| *times == 1), "an access token was revoked twice");
    Ok(())
}

/// The bytes on record fold to the state in memory, event by event, and each envelope says of whom it is.
fn replay_leads_to_the_live_state(
    world: &World,
    stream: StreamId,
    events: &[Recorded],
    decoded: &[Event],
) -> Checked {
    let mut states = vec![Transaction::default()];
    for (event, recorded) in decoded.iter().zip(events) {
        let mut state = states[states.len() - 1].clone();
        state.evolve(event);
        let envelope = recorded.envelope().unwrap();
        prop_assert_eq!(envelope.subject, state.authentication.as_ref().map(|known| known.subject));
        prop_assert_eq!(envelope.client.as_ref(), state.client_id.as_ref());
        prop_assert_eq!(envelope.outcome, event.outcome());
        states.push(state);
    }
    let replayed = ready(Loaded::<Transaction>::replay(stream, &*world.log)).unwrap();
    prop_assert_eq!(Some(&*replayed.state), states.last());
    for warm in world.warm().filter(|warm| warm.stream == stream) {
        let at = usize::try_from(warm.next_revision).unwrap();
        prop_assert_eq!(&*warm.state, &states[at], "a warm copy at revision {}", at);
    }
    Ok(())
}

/// The same command on the same past is decided the same.
fn decisions_are_repeatable(world: &World, stream: StreamId, decoded: &[Event]) -> Checked {
    for told in world.told.iter().filter(|told| told.stream == stream && !told.recorded.is_empty())
    {
        let mut state = Transaction::default();
        decoded[..told.recorded.start].iter().for_each(|event| state.evolve(event));
        let decision = state.decide(&told.order.command);
        let verdict: Result<(), Reason> = decision.verdict;
        prop_assert_eq!(&decision.events[..], &decoded[told.recorded.clone()]);
        prop_assert_eq!(verdict, told.verdict);
    }
    Ok(())
}
