//! What may be tried next: drawn at random, then fitted to what has happened so far, so that stories get
//! somewhere and go wrong in every way on the road.

use moneta_events::Digest;
use proptest::prelude::*;

use crate::{
    cast::{CLIENTS, OFFLINE, SESSIONS, TRANSACTIONS, USERS, digest},
    deed::{
        Allow, Challenge, Deed, Exchange, Move, Number, Refresh, Response, Scopes, SessionDeed,
        UserDeed, Verifier,
    },
    reference::{Grant, Phase, Reference},
};

/// Something to try, and the node it is tried on.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) node: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// What an honest browser or client would do next.
    GoOn(Number, Choice),
    /// Several steps in one order, fitting or not.
    Steps(Number, Vec<(Front, Choice)>),
    /// A redemption in which some things are not as they should be.
    Exchange(Number, Flaws, Choice),
    /// The same for a refresh.
    Refresh(Number, Flaws, Choice),
    Revoke(Number, Option<usize>),
    Expire(Number),
    Wait(i64),
    Facts(Deed),
    /// An order of before comes again.
    Repeat(usize),
}

/// What is free to choose in a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice {
    user: Number,
    client: Number,
    session: Number,
    scope: Scopes,
    challenge: Challenge,
    response: Response,
}

/// Steps up to the answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Front {
    Request,
    Fail,
    SignIn,
    Allow,
    Deny,
    Refuse,
}

/// What is wrong with a token request.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flaws {
    client: bool,
    redirect_uri: bool,
    verifier: Option<Verifier>,
    scope: bool,
    /// Of another transaction, or never issued.
    foreign: bool,
    /// How many generations too old.
    age: usize,
}

impl Act {
    pub(crate) fn any() -> impl Strategy<Value = Self> {
        let tx = 0..TRANSACTIONS;
        let kind = prop_oneof![
            30 => (tx.clone(), choice()).prop_map(|(tx, with)| Kind::GoOn(tx, with)),
            12 => (tx.clone(), prop::collection::vec((front(), choice()), 1..4))
                .prop_map(|(tx, steps)| Kind::Steps(tx, steps)),
            20 => (tx.clone(), flaws(), choice())
                .prop_map(|(tx, flaws, with)| Kind::Exchange(tx, flaws, with)),
            12 => (tx.clone(), flaws(), choice())
                .prop_map(|(tx, flaws, with)| Kind::Refresh(tx, flaws, with)),
            3 => (tx.clone(), prop_oneof![1 => Just(None), 4 => (0..4_usize).prop_map(Some)])
                .prop_map(|(tx, which)| Kind::Revoke(tx, which)),
            3 => tx.prop_map(Kind::Expire),
            6 => prop_oneof![
                8 => 0..5_i64,
                3 => 50..70_i64,
                1 => 290..310_i64,
                1 => 590..610_i64,
                1 => 890..1_210_i64,
            ]
            .prop_map(Kind::Wait),
            12 => facts().prop_map(Kind::Facts),
            8 => any::<prop::sample::Index>().prop_map(|at| Kind::Repeat(at.index(64))),
        ];
        (0..2_usize, kind).prop_map(|(node, kind)| Self { node, kind })
    }
}

fn choice() -> impl Strategy<Value = Choice> {
    let challenge =
        prop_oneof![Just(Challenge::None), Just(Challenge::S256), Just(Challenge::Plain)];
    let front_channel =
        any::<[bool; 3]>().prop_map(|[code, token, id_token]| Response { code, token, id_token });
    let response = prop_oneof![1 => Just(Response::CODE), 1 => front_channel];
    (0..USERS, 0..CLIENTS, 0..SESSIONS, 0..32_u8, challenge, response).prop_map(
        |(user, client, session, scope, challenge, response)| Choice {
            user,
            client,
            session,
            scope,
            challenge,
            response,
        },
    )
}

fn front() -> impl Strategy<Value = Front> {
    prop_oneof![
        4 => Just(Front::Request),
        2 => Just(Front::Fail),
        4 => Just(Front::SignIn),
        4 => Just(Front::Allow),
        1 => Just(Front::Deny),
        1 => Just(Front::Refuse),
    ]
}

fn flaws() -> impl Strategy<Value = Flaws> {
    let verifier = || {
        prop_oneof![
            Just(Verifier::None),
            Just(Verifier::Right),
            Just(Verifier::Wrong),
            Just(Verifier::TooShort),
        ]
    };
    let several = (any::<[bool; 4]>(), prop::option::of(verifier()), 0..4_usize);
    prop_oneof![
        3 => Just(Flaws::default()),
        1 => Just(Flaws { client: true, ..Flaws::default() }),
        1 => Just(Flaws { redirect_uri: true, ..Flaws::default() }),
        7 => verifier().prop_map(|it| Flaws { verifier: Some(it), ..Flaws::default() }),
        2 => Just(Flaws { scope: true, ..Flaws::default() }),
        1 => Just(Flaws { foreign: true, ..Flaws::default() }),
        2 => (1..4_usize).prop_map(|age| Flaws { age, ..Flaws::default() }),
        2 => several.prop_map(|([client, redirect_uri, scope, foreign], verifier, age)| Flaws {
            client,
            redirect_uri,
            verifier,
            scope,
            foreign,
            age,
        }),
    ]
}

fn facts() -> impl Strategy<Value = Deed> {
    let session = prop_oneof![
        4 => (0..USERS).prop_map(SessionDeed::Start),
        2 => (0..USERS).prop_map(SessionDeed::Again),
        1 => Just(SessionDeed::End),
    ];
    let user = prop_oneof![
        2 => Just(UserDeed::Disable),
        3 => Just(UserDeed::Enable),
        3 => Just(UserDeed::NewPassword),
    ];
    prop_oneof![
        3 => (0..SESSIONS, session).prop_map(|(session, deed)| Deed::Session(session, deed)),
        5 => (0..USERS, user).prop_map(|(user, deed)| Deed::User(user, deed)),
        3 => (0..CLIENTS, prop::bool::weighted(0.6)).prop_map(|(client, on)| Deed::Client(client, on)),
        1 => (0..USERS, 0..CLIENTS, prop::option::weighted(0.8, 0..32_u8))
            .prop_map(|(user, client, scope)| Deed::Consent(user, client, scope)),
    ]
}

/// The deeds that `kind` is where the story stands. `fresh` numbers acts, so that secrets never repeat.
pub(crate) fn fit(kind: &Kind, story: &Reference, fresh: usize) -> Vec<Deed> {
    let grant = |tx: &Number| &story.grants[*tx];
    let order = |tx: &Number, step: Move| vec![Deed::Transaction(*tx, vec![step])];
    match kind {
        Kind::GoOn(tx, with) => {
            let mut deeds = order(tx, go_on(grant(tx), *with, fresh));
            if grant(tx).phase == Phase::Requested {
                deeds.insert(0, Deed::Session(with.session, SessionDeed::Start(with.user)));
            }
            deeds
        }
        Kind::Steps(tx, steps) => {
            let fitted = steps.iter().map(|(front, with)| step(*front, grant(tx), *with, fresh));
            vec![Deed::Transaction(*tx, fitted.collect())]
        }
        // Mostly when its time has come; else the story goes on to where it has.
        Kind::Exchange(tx, flaws, with)
            if !flaws.foreign && grant(tx).phase != Phase::CodeOut && with.user > 0 =>
        {
            fit(&Kind::GoOn(*tx, *with), story, fresh)
        }
        Kind::Refresh(tx, flaws, with)
            if !flaws.foreign && grant(tx).phase != Phase::Exchanged && with.user > 0 =>
        {
            fit(&Kind::GoOn(*tx, *with), story, fresh)
        }
        Kind::Exchange(tx, flaws, with) => {
            let other = &story.grants[(tx + 1) % TRANSACTIONS];
            order(tx, exchange(grant(tx), other, *flaws, *with, fresh))
        }
        Kind::Refresh(tx, flaws, with) => order(tx, refresh(grant(tx), *flaws, *with, fresh)),
        Kind::Revoke(tx, None) => order(tx, Move::RevokeAll),
        Kind::Revoke(tx, Some(which)) => {
            let count = grant(tx).all_tokens().count();
            let token = grant(tx).all_tokens().nth(which % count.max(1));
            token.map_or_else(Vec::new, |token| order(tx, Move::RevokeOne(token.access)))
        }
        Kind::Expire(tx) => order(tx, Move::Expire),
        Kind::Wait(seconds) => vec![Deed::Wait(*seconds)],
        Kind::Facts(deed) => vec![deed.clone()],
        Kind::Repeat(_) => Vec::new(),
    }
}

fn go_on(grant: &Grant, with: Choice, fresh: usize) -> Move {
    let good = Flaws::default();
    match grant.phase {
        Phase::Absent => step(Front::Request, grant, with, fresh),
        Phase::Requested => step(Front::SignIn, grant, with, fresh),
        Phase::SignedIn => {
            let scope = (with.scope | OFFLINE) & grant.asked;
            Move::Allow(allow(grant.response, scope, scope & with.scope, fresh))
        }
        Phase::CodeOut | Phase::Answered | Phase::Over => exchange(grant, grant, good, with, fresh),
        Phase::Exchanged => refresh(grant, good, with, fresh),
    }
}

fn step(front: Front, grant: &Grant, with: Choice, fresh: usize) -> Move {
    let Choice { user, client, session, scope, challenge, response } = with;
    match front {
        // Offline access is asked for often, so that refreshing outlives sessions.
        Front::Request => Move::Request { client, scope: scope | 0b11, challenge, response },
        Front::Fail => Move::Fail,
        Front::SignIn => Move::SignIn { user, session },
        // Now and then something else than was asked for, or a token for more than is allowed.
        Front::Allow => {
            let given = if user == 0 { response } else { grant.response };
            let wider = if session == 0 { 0b11 } else { 0 };
            Move::Allow(allow(given, scope, scope | wider, fresh))
        }
        Front::Deny => Move::Deny,
        Front::Refuse if grant.phase == Phase::Absent => Move::Refuse { client },
        Front::Refuse => Move::Refuse { client: grant.client },
    }
}

fn allow(response: Response, scope: Scopes, of_token: Scopes, fresh: usize) -> Allow {
    Allow {
        scope,
        code: response.code.then(|| digest("code", fresh)),
        token: response.token.then(|| (digest("front", fresh), of_token)),
        id_token: response.id_token,
    }
}

fn exchange(grant: &Grant, other: &Grant, flaws: Flaws, with: Choice, fresh: usize) -> Move {
    let code = if flaws.foreign { other.code } else { grant.code };
    let right = match grant.challenge {
        None | Some(Challenge::None) => Verifier::None,
        Some(Challenge::S256 | Challenge::Plain) => Verifier::Right,
    };
    Move::Exchange(Exchange {
        code: code.unwrap_or_else(|| digest("nobody's code", fresh)),
        client: if flaws.client { (grant.client + 1) % CLIENTS } else { grant.client },
        right_redirect_uri: !flaws.redirect_uri,
        verifier: flaws.verifier.unwrap_or(right),
        scope: if flaws.scope { with.scope } else { grant.allowed },
        new_access: digest("access", fresh),
        rotated_to: (with.client != 0).then(|| digest("refresh", fresh)),
    })
}

fn refresh(grant: &Grant, flaws: Flaws, with: Choice, fresh: usize) -> Move {
    let at = grant.family.len().saturating_sub(1 + flaws.age);
    let token: Option<Digest> = grant.family.get(at).and_then(|generation| generation.refresh);
    Move::Refresh(Refresh {
        generation: u32::try_from(at).unwrap(),
        digest: token.filter(|_| !flaws.foreign).unwrap_or_else(|| digest("nobody's", fresh)),
        client: if flaws.client { (grant.client + 1) % CLIENTS } else { grant.client },
        scope: if flaws.scope { with.scope } else { grant.allowed & with.scope },
        new_access: digest("access", fresh),
        rotated_to: digest("refresh", fresh),
    })
}
