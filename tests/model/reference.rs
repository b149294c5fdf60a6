//! What the provider must do, written down a second time and as simply as possible: plain facts, and for
//! each request the list of what can be wrong with it, the first that applies decides.

use std::collections::BTreeMap;

use moneta_events::{Digest, Reason};

use crate::{
    cast::{CLIENTS, OFFLINE, SESSIONS, TRANSACTIONS, USERS, lifetime},
    deed::{
        Allow, Challenge, Deed, Exchange, Move, Number, Refresh, Response, Scopes, SessionDeed,
        UserDeed, Verifier,
    },
};

/// What comes of a deed: whether it was carried out, and whether anything went on record.
pub(crate) type Verdict = (Result<(), Reason>, bool);

const DONE: Verdict = (Ok(()), true);
const NOTHING_TO_DO: Verdict = (Ok(()), false);

const fn refused(reason: Reason) -> Verdict {
    (Err(reason), false)
}

/// Everything there is. Times are seconds since the story began.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reference {
    pub(crate) now: i64,
    pub(crate) users: [User; USERS],
    pub(crate) clients: [Client; CLIENTS],
    pub(crate) sessions: [Session; SESSIONS],
    pub(crate) consents: BTreeMap<(Number, Number), Scopes>,
    pub(crate) grants: [Grant; TRANSACTIONS],
}

#[derive(Debug, Clone, Default)]
pub(crate) struct User {
    pub(crate) disabled: bool,
    password_at: Option<i64>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Client {
    pub(crate) disabled: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Session {
    user: Option<Number>,
    until: i64,
    ended: bool,
    renewed: u32,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Absent,
    Requested,
    SignedIn,
    CodeOut,
    Exchanged,
    Answered,
    Over,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Grant {
    pub(crate) phase: Phase,
    pub(crate) client: Number,
    pub(crate) asked: Scopes,
    pub(crate) challenge: Option<Challenge>,
    pub(crate) response: Response,
    until: i64,
    pub(crate) signed_in: Option<(Number, Number, i64)>,
    pub(crate) allowed: Scopes,
    pub(crate) code: Option<Digest>,
    failures: u32,
    sign_ins: u32,
    wrong: u32,
    foreign: u32,
    /// The access token that went out with the answer.
    pub(crate) front: Option<Generation>,
    pub(crate) family: Vec<Generation>,
    refusals: u32,
    pub(crate) revoked: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Generation {
    pub(crate) access: Digest,
    access_until: i64,
    access_revoked: bool,
    pub(crate) refresh: Option<Digest>,
    refresh_until: i64,
}

impl Generation {
    fn new(access: Digest, refresh: Option<Digest>, now: i64) -> Self {
        Self {
            access,
            access_until: now + lifetime::ACCESS,
            access_revoked: false,
            refresh,
            refresh_until: now + lifetime::REFRESH,
        }
    }
}

/// What a refusal leaves on record.
#[derive(Clone, Copy)]
enum Leaves {
    Nothing,
    Foreign,
    Wrong,
    Refusal,
    Revocation,
}

impl Reference {
    pub(crate) fn judge(&mut self, deed: &Deed) -> Verdict {
        match deed {
            Deed::Wait(seconds) => {
                self.now += seconds;
                NOTHING_TO_DO
            }
            Deed::User(user, deed) => self.user(*user, *deed),
            Deed::Client(client, enabled) => {
                let changes = self.clients[*client].disabled == *enabled;
                self.clients[*client].disabled = !enabled;
                (Ok(()), changes)
            }
            Deed::Session(session, deed) => self.session(*session, *deed),
            Deed::Consent(user, client, scope) => {
                let known = self.consents.entry((*user, *client)).or_default();
                let wanted = scope.map_or(0, |scope| *known | scope);
                let changes = wanted != *known;
                *known = wanted;
                (Ok(()), changes)
            }
            Deed::Transaction(number, moves) => self.transaction(*number, moves),
        }
    }

    fn user(&mut self, user: Number, deed: UserDeed) -> Verdict {
        let user = &mut self.users[user];
        let disabled = match deed {
            UserDeed::Disable => true,
            UserDeed::Enable => false,
            UserDeed::NewPassword => {
                user.password_at = Some(self.now);
                return DONE;
            }
        };
        let changes = user.disabled != disabled;
        user.disabled = disabled;
        (Ok(()), changes)
    }

    fn session(&mut self, number: Number, deed: SessionDeed) -> Verdict {
        let until = self.now + lifetime::SESSION;
        let session = &mut self.sessions[number];
        match (session.user, deed) {
            (None, SessionDeed::Start(user)) => {
                *session = Session { user: Some(user), until, ended: false, renewed: 0 };
                DONE
            }
            (Some(_), SessionDeed::End) if session.ended => NOTHING_TO_DO,
            (Some(_), SessionDeed::End) => {
                session.ended = true;
                DONE
            }
            _ if session.ended => refused(Reason::SessionEnded),
            (Some(owner), SessionDeed::Again(user)) if owner == user => {
                if session.renewed == 50 {
                    return refused(Reason::StreamFull);
                }
                session.renewed += 1;
                session.until = until;
                DONE
            }
            _ => refused(Reason::OutOfOrder),
        }
    }

    /// All moves or none; only the first one may be refused and still leave something.
    fn transaction(&mut self, number: Number, moves: &[Move]) -> Verdict {
        let gate = self.gate(&self.grants[number]);
        let before = self.grants[number].clone();
        let mut recorded = false;
        for (at, step) in moves.iter().enumerate() {
            let (verdict, leaves) = self.grants[number].step(step, gate, self.now);
            if verdict.is_err() && at > 0 {
                self.grants[number] = before;
                return (verdict, false);
            }
            recorded |= leaves;
            if verdict.is_err() {
                return (verdict, recorded);
            }
        }
        (Ok(()), recorded)
    }

    /// Whether user, client and session of a grant are still good (security rule 4).
    pub(crate) fn gate(&self, grant: &Grant) -> Result<(), Reason> {
        let Some((user, session, at)) = grant.signed_in else { return Ok(()) };
        let session = &self.sessions[session];
        let alive = session.user.is_some() && !session.ended && self.now < session.until;
        let rows = [
            (self.clients[grant.client].disabled, Reason::ClientDisabled),
            (self.users[user].disabled, Reason::UserDisabled),
            (self.users[user].password_at.is_some_and(|new| new > at), Reason::CredentialChanged),
            (grant.allowed & OFFLINE == 0 && !alive, Reason::SessionEnded),
        ];
        rows.into_iter().find(|row| row.0).map_or(Ok(()), |row| Err(row.1))
    }

    pub(crate) fn session_lives(&self, number: Number) -> bool {
        let session = &self.sessions[number];
        session.user.is_some() && !session.ended && self.now < session.until
    }
}

impl Grant {
    fn step(&mut self, step: &Move, gate: Result<(), Reason>, now: i64) -> Verdict {
        use Phase::{Absent, Answered, CodeOut, Exchanged, Over, Requested, SignedIn};
        let open = matches!(self.phase, Requested | SignedIn);
        let any_token = self.front.is_some() || !self.family.is_empty();
        match step {
            Move::Request { client, scope, challenge, response } if self.phase == Absent => {
                self.phase = Requested;
                self.response = *response;
                (self.client, self.asked) = (*client, *scope);
                self.challenge = Some(*challenge);
                self.until = now + lifetime::TRANSACTION;
            }
            Move::Fail if open && self.failures == 20 => return refused(Reason::StreamFull),
            Move::Fail if open => self.failures += 1,
            Move::SignIn { .. } if open && self.sign_ins == 20 => {
                return refused(Reason::StreamFull);
            }
            Move::SignIn { user, session } if open => {
                self.phase = SignedIn;
                self.sign_ins += 1;
                self.signed_in = Some((*user, *session, now));
            }
            Move::Allow(allow) if self.phase == SignedIn => return self.allow(allow, now),
            Move::Deny if open => self.phase = Over,
            Move::Refuse { .. } if open || self.phase == Absent => self.phase = Over,
            Move::Exchange(x) if matches!(self.phase, CodeOut | Exchanged | Answered | Over) => {
                return self.exchange(x, gate, now);
            }
            Move::Refresh(x) if self.phase == Exchanged => return self.refresh(x, gate, now),
            Move::RevokeAll if any_token => {
                return (Ok(()), !std::mem::replace(&mut self.revoked, true));
            }
            Move::RevokeOne(digest) if any_token => {
                let mut all = self.front.iter_mut().chain(&mut self.family);
                let found = all.find(|own| own.access == *digest);
                let changes = !self.revoked
                    && found.is_some_and(|own| !std::mem::replace(&mut own.access_revoked, true));
                return (Ok(()), changes);
            }
            Move::Expire => {
                let over = (open || self.phase == CodeOut) && now >= self.until;
                if over {
                    self.phase = Over;
                }
                return (Ok(()), over);
            }
            _ => return refused(Reason::OutOfOrder),
        }
        DONE
    }

    /// What goes out is what was asked for, and allows no more than was allowed.
    fn allow(&mut self, allow: &Allow, now: i64) -> Verdict {
        let Allow { scope, code, token, id_token } = allow;
        let given = Response { code: code.is_some(), token: token.is_some(), id_token: *id_token };
        let beyond = token.is_some_and(|(_, own)| own & !scope != 0);
        if given != self.response {
            return refused(Reason::OutOfOrder);
        }
        if scope & !self.asked != 0 || beyond {
            return refused(Reason::ScopeExceedsGrant);
        }
        self.phase = if code.is_some() { Phase::CodeOut } else { Phase::Answered };
        (self.allowed, self.code) = (*scope, *code);
        self.until = now + lifetime::CODE;
        self.front = token.map(|(access, _)| Generation::new(access, None, now));
        DONE
    }

    fn exchange(&mut self, x: &Exchange, gate: Result<(), Reason>, now: i64) -> Verdict {
        use Leaves::{Foreign, Nothing, Revocation, Wrong};
        let pkce = match (self.challenge, x.verifier) {
            (None | Some(Challenge::None), Verifier::None)
            | (Some(Challenge::S256 | Challenge::Plain), Verifier::Right) => None,
            (None | Some(Challenge::None), _) => Some(Reason::CodeVerifierUnexpected),
            (_, Verifier::None) => Some(Reason::CodeVerifierMissing),
            _ => Some(Reason::CodeVerifierMismatch),
        };
        let exchanged = self.phase == Phase::Exchanged;
        let wrong = self.first_wrong([
            (self.code != Some(x.code), Reason::CodeUnknown, Nothing),
            (x.client != self.client, Reason::CodeClientMismatch, Foreign),
            (exchanged && !self.revoked, Reason::CodeReplayed, Revocation),
            (exchanged, Reason::CodeReplayed, Nothing),
            (self.phase == Phase::Over, Reason::CodeExpired, Nothing),
            (self.revoked, Reason::GrantRevoked, Wrong),
            (self.wrong >= lifetime::CODE_ATTEMPTS, Reason::CodeAttemptsExhausted, Nothing),
            (now >= self.until, Reason::CodeExpired, Wrong),
            (!x.right_redirect_uri, Reason::CodeRedirectUriMismatch, Wrong),
            (pkce.is_some(), pkce.unwrap_or(Reason::CodeUnknown), Wrong),
            (gate.is_err(), gate.err().unwrap_or(Reason::CodeUnknown), Wrong),
            (x.scope & !self.allowed != 0, Reason::ScopeExceedsGrant, Wrong),
        ]);
        if matches!(wrong, Some((Err(Reason::CodeExpired), _))) {
            self.phase = Phase::Over;
        }
        wrong.unwrap_or_else(|| {
            self.phase = Phase::Exchanged;
            self.issue(x.new_access, x.rotated_to, now)
        })
    }

    fn refresh(&mut self, x: &Refresh, gate: Result<(), Reason>, now: i64) -> Verdict {
        use Leaves::{Nothing, Refusal, Revocation};
        let current = u32::try_from(self.family.len()).unwrap() - 1;
        let last = &self.family[self.family.len() - 1];
        let unknown = last.refresh != Some(x.digest);
        let late = now >= last.refresh_until;
        self.first_wrong([
            (x.client != self.client, Reason::RefreshTokenClientMismatch, Refusal),
            (self.revoked, Reason::GrantRevoked, Nothing),
            (x.generation < current, Reason::RefreshTokenReplayed, Revocation),
            (unknown, Reason::RefreshTokenUnknown, Nothing),
            (late, Reason::RefreshTokenExpired, Refusal),
            (gate.is_err(), gate.err().unwrap_or(Reason::RefreshTokenUnknown), Refusal),
            (x.scope & !self.allowed != 0, Reason::ScopeExceedsGrant, Refusal),
            (x.generation != current, Reason::OutOfOrder, Nothing),
        ])
        .unwrap_or_else(|| self.issue(x.new_access, Some(x.rotated_to), now))
    }

    fn issue(&mut self, access: Digest, refresh: Option<Digest>, now: i64) -> Verdict {
        self.family.push(Generation::new(access, refresh, now));
        DONE
    }

    fn first_wrong<const N: usize>(
        &mut self,
        rows: [(bool, Reason, Leaves); N],
    ) -> Option<Verdict> {
        let (_, reason, leaves) = rows.into_iter().find(|row| row.0)?;
        let (count, limit) = match leaves {
            Leaves::Nothing => return Some(refused(reason)),
            Leaves::Revocation => {
                self.revoked = true;
                return Some((Err(reason), true));
            }
            Leaves::Foreign => (&mut self.foreign, 3),
            Leaves::Wrong => (&mut self.wrong, lifetime::CODE_ATTEMPTS),
            Leaves::Refusal => (&mut self.refusals, 10),
        };
        let recorded = *count < limit;
        *count += u32::from(recorded);
        Some((Err(reason), recorded))
    }

    /// Whether the code is out and can still be redeemed.
    pub(crate) fn live_code(&self, now: i64) -> Option<Digest> {
        self.code.filter(|_| self.phase == Phase::CodeOut && now < self.until)
    }

    /// What went out with the answer, and then the generations.
    pub(crate) fn all_tokens(&self) -> impl Iterator<Item = &Generation> {
        self.front.iter().chain(&self.family)
    }

    /// The access tokens that work, oldest first.
    pub(crate) fn live_access_tokens(&self, now: i64) -> Vec<Digest> {
        let lives =
            |own: &&Generation| !self.revoked && !own.access_revoked && now < own.access_until;
        self.all_tokens().filter(lives).map(|own| own.access).collect()
    }

    /// The refresh token that works.
    pub(crate) fn live_refresh_token(&self, now: i64) -> Option<Digest> {
        let last = self.family.last().filter(|last| !self.revoked && now < last.refresh_until)?;
        last.refresh
    }
}
