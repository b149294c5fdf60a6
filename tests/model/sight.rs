//! What can be seen of the provider and of the reference model from outside, for comparing them.

use moneta::{domain::transaction::Phase as RealPhase, runtime::clock::Clock as _};
use moneta_events::{Digest, Scope};

use crate::{
    cast::{self, CLIENTS, SESSIONS, TRANSACTIONS, USERS},
    deed::{Number, Scopes},
    reference::{self, Phase, Reference},
    world::{World, ready, until_answered},
};

/// What can be seen of the provider or of the reference model.
#[derive(Debug, PartialEq)]
pub(crate) struct Sight {
    grants: Vec<GrantSight>,
    sessions: Vec<bool>,
    users: Vec<bool>,
    clients: Vec<bool>,
    consents: Vec<usize>,
}

#[derive(Debug, PartialEq)]
struct GrantSight {
    phase: Phase,
    code: Option<Digest>,
    access_tokens: Vec<Digest>,
    refresh_token: Option<Digest>,
    generations: usize,
    revoked: bool,
}

impl World {
    /// What a fresh reader of the log, and a reader of the views, can see now.
    pub(crate) fn sight(&self, reference: &Reference) -> Sight {
        let now = self.clock.now();
        let grant = |number: usize| {
            let stream = cast::transaction(number);
            let state = self.state(stream);
            let known: Vec<_> = reference.grants[number].all_tokens().collect();
            let (access_tokens, refresh_token, revoked) = until_answered(|| {
                let seen = self.facts.tokens(stream, |family| {
                    let lives = |digest: &Digest| family.access_token(digest, now).is_some();
                    let access = known.iter().map(|one| one.access).filter(lives).collect();
                    let lives = |digest: &Digest| family.refresh_token(digest, now).is_some();
                    let mut refresh = known.iter().filter_map(|one| one.refresh).filter(lives);
                    (access, refresh.next_back(), family.is_revoked())
                });
                ready(seen).ok()
            })
            .unwrap();
            assert_eq!(revoked, state.tokens.revoked.is_some(), "view and state differ");
            GrantSight {
                phase: match state.phase {
                    RealPhase::Absent => Phase::Absent,
                    RealPhase::Requested => Phase::Requested,
                    RealPhase::Authenticated => Phase::SignedIn,
                    RealPhase::CodeOut => Phase::CodeOut,
                    RealPhase::Exchanged => Phase::Exchanged,
                    RealPhase::Answered => Phase::Answered,
                    RealPhase::Closed(_) => Phase::Over,
                },
                code: match (&state.code, state.phase) {
                    (Some(code), RealPhase::CodeOut) if !state.is_expired(now) => Some(code.digest),
                    _ => None,
                },
                access_tokens,
                refresh_token,
                generations: state.tokens.current.as_ref().map_or(0, |one| one.number as usize + 1),
                revoked,
            }
        };
        let session = |number| {
            let view = until_answered(|| ready(self.facts.session(cast::session(number))).ok());
            view.view.live(now).is_some()
        };
        let consent = |(user, client)| {
            let (user, client) = (cast::user(user), cast::client_id(client));
            let known = until_answered(|| ready(self.facts.consent(user, &client)).ok());
            known.view.scope.as_ref().map_or(0, Scope::len)
        };
        Sight {
            grants: (0..TRANSACTIONS).map(grant).collect(),
            sessions: (0..SESSIONS).map(session).collect(),
            users: (0..USERS)
                .map(|user| {
                    until_answered(|| ready(self.facts.subject(cast::user(user))).ok()).view.enabled
                })
                .collect(),
            clients: (0..CLIENTS)
                .map(|client| {
                    let id = cast::client_id(client);
                    until_answered(|| ready(self.facts.client(id.as_str())).ok())
                        .view
                        .served()
                        .is_some()
                })
                .collect(),
            consents: pairs().map(consent).collect(),
        }
    }
}

impl Reference {
    pub(crate) fn sight(&self) -> Sight {
        let grant = |grant: &reference::Grant| GrantSight {
            phase: grant.phase,
            code: grant.live_code(self.now),
            access_tokens: grant.live_access_tokens(self.now),
            refresh_token: grant.live_refresh_token(self.now),
            generations: grant.family.len(),
            revoked: grant.revoked,
        };
        let consent = |pair| {
            self.consents.get(&pair).map_or(0, |scopes: &Scopes| scopes.count_ones() as usize)
        };
        Sight {
            grants: self.grants.iter().map(grant).collect(),
            sessions: (0..SESSIONS).map(|number| self.session_lives(number)).collect(),
            users: self.users.iter().map(|user| !user.disabled).collect(),
            clients: self.clients.iter().map(|client| !client.disabled).collect(),
            consents: pairs().map(consent).collect(),
        }
    }
}

fn pairs() -> impl Iterator<Item = (Number, Number)> {
    (0..USERS).flat_map(|user| (0..CLIENTS).map(move |client| (user, client)))
}
