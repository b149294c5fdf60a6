//! One browser authorization.
//!
//! ```text
//!                                      +-> CodeOut -> Exchanged (token phase)
//! Absent -> Requested -> Authenticated -+      |
//!               |              |        +------|--> Answered     tokens or nothing, and no code
//!               +-> Closed <---+---------------+    denied, refused, expired
//! ```
//!
//! Consent and the answer are recorded in one append, so no state lies between them. Tokens that go out
//! with the answer belong to the same family as those that a code buys.

use std::sync::Arc;

use moneta_events::{
    Category, ClientId, Digest, Reason, Scope, Sealed, SubjectId, Timestamp,
    token::AccessToken,
    transaction::{
        Answered, Authenticated, AuthenticationFailed, CodeIssued, Denied, Expired, ExpiredPhase,
        FactorVerified, FrontChannelIssued, Requested, TransactionEvent as Event,
    },
};

mod command;
mod redeem;

pub use command::{Answer, Command, Exchange, Step};

use super::{
    aggregate::{Aggregate, Decision},
    tokens::{TokenDecision, Tokens},
};

/// Sign-ins of one transaction, failed, begun and successful ones each; then it is over.
const AUTHENTICATION_ATTEMPTS: u32 = 20;

/// The state of one authorization transaction.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Transaction {
    /// Where it stands.
    pub phase: Phase,
    /// Whose it is.
    pub client_id: Option<ClientId>,
    /// The request, from `Requested` on.
    pub request: Option<Arc<Requested>>,
    /// Who it is, from `Authenticated` on.
    pub authentication: Option<Arc<Authenticated>>,
    /// What was allowed, from the answer on.
    pub granted: Scope,
    /// The code, from `CodeOut` on.
    pub code: Option<Code>,
    /// The token phase.
    pub tokens: Tokens,
    /// The factor that was right already, while another is asked for.
    pub verified: Option<Arc<FactorVerified>>,
    attempts: u32,
    verifications: u32,
    authentications: u32,
}

/// Where a transaction stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Nothing has happened.
    #[default]
    Absent,
    /// Waiting for the end-user to sign in.
    Requested,
    /// Waiting for consent.
    Authenticated,
    /// Waiting for the client to redeem the code.
    CodeOut,
    /// Redeemed; see the token phase.
    Exchanged,
    /// Answered without a code: nothing is waited for. See the token phase for what went out.
    Answered,
    /// Over, with an answer to the client or none.
    Closed(Ending),
}

/// How a transaction ended without tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By the end-user.
    Denied,
    /// By the provider.
    Refused,
    /// By time.
    Expired,
}

/// A code that is out.
#[derive(Debug, Clone, PartialEq)]
pub struct Code {
    /// Of the handle.
    pub digest: Digest,
    /// From then on it cannot be redeemed.
    pub expires_at: Timestamp,
    failed: u32,
    foreign: u32,
}

impl Aggregate for Transaction {
    const CATEGORY: Category = Category::Transaction;
    type Command = Command;
    type Event = Event;

    fn decide(&self, command: &Command) -> Decision<Self> {
        let mut events = Vec::new();
        let mut state = std::borrow::Cow::Borrowed(self);
        for (at, step) in command.iter().enumerate() {
            let decision = state.step(step);
            if decision.verdict.is_err() && at > 0 {
                return Decision { events: Vec::new(), verdict: decision.verdict };
            }
            if at + 1 < command.len() {
                let next = state.to_mut();
                decision.events.iter().for_each(|event| next.evolve(event));
            }
            events.extend(decision.events);
            if decision.verdict.is_err() {
                return Decision { events, verdict: decision.verdict };
            }
        }
        Decision::record_all(events)
    }

    fn evolve(&mut self, event: &Event) {
        match event {
            Event::Requested(request) => {
                self.phase = Phase::Requested;
                self.client_id = Some(request.client_id.clone());
                self.request = Some(Arc::clone(request));
            }
            Event::AuthenticationFailed(_) => self.attempts += 1,
            Event::FactorVerified(verified) => {
                self.verified = Some(Arc::new(verified.clone()));
                self.verifications += 1;
            }
            Event::Authenticated(authentication) => {
                self.phase = Phase::Authenticated;
                self.authentication = Some(Arc::clone(authentication));
                self.verified = None;
                self.authentications += 1;
            }
            Event::Consented(consented) => self.granted = consented.scope.clone(),
            Event::CodeIssued(CodeIssued { code, expires_at }) => {
                self.phase = Phase::CodeOut;
                self.code =
                    Some(Code { digest: *code, expires_at: *expires_at, failed: 0, foreign: 0 });
            }
            Event::Denied(_) => self.phase = Phase::Closed(Ending::Denied),
            Event::Refused(refused) => {
                self.phase = Phase::Closed(Ending::Refused);
                self.client_id = Some(refused.client_id.clone());
            }
            Event::Expired(_) => self.phase = Phase::Closed(Ending::Expired),
            Event::CodeRefused(refused) => {
                if let Some(code) = &mut self.code {
                    match refused.reason {
                        Reason::CodeClientMismatch => code.foreign += 1,
                        // It stays too old, even where the clock is set back.
                        Reason::CodeExpired => self.phase = Phase::Closed(Ending::Expired),
                        _ => code.failed += 1,
                    }
                }
            }
            Event::CodeExchanged(_) => self.phase = Phase::Exchanged,
            Event::CodeReplayed(_) => {}
            Event::FrontChannelIssued(issued) => {
                self.tokens.front_channel |= issued.access_token.is_some();
                if self.phase != Phase::CodeOut {
                    self.phase = Phase::Answered;
                }
            }
            Event::Answered(_) => self.phase = Phase::Answered,
            Event::Token(event) => self.tokens.evolve(event),
        }
    }

    fn verdict(event: &Event) -> Result<(), Reason> {
        match event {
            Event::CodeRefused(refused) => Err(refused.reason),
            Event::CodeReplayed(_) => Err(Reason::CodeReplayed),
            Event::Token(event) => Tokens::verdict(event),
            _ => Ok(()),
        }
    }

    fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Exchanged | Phase::Answered | Phase::Closed(_))
    }

    fn subject(&self) -> Option<SubjectId> {
        self.authentication.as_ref().map(|authentication| authentication.subject)
    }

    fn client(&self) -> Option<&ClientId> {
        self.client_id.as_ref()
    }
}

impl Transaction {
    /// Whether nobody can finish it any more, by `now`.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        match self.phase {
            Phase::Requested | Phase::Authenticated => {
                self.request.as_ref().is_some_and(|request| request.expires_at <= now)
            }
            Phase::CodeOut => self.code.as_ref().is_some_and(|code| code.expires_at <= now),
            Phase::Absent | Phase::Exchanged | Phase::Answered | Phase::Closed(_) => false,
        }
    }

    /// Whether the client has its answer: what it asked for, or why there is none.
    pub const fn is_answered(&self) -> bool {
        self.code.is_some()
            || matches!(
                self.phase,
                Phase::Answered | Phase::Closed(Ending::Denied | Ending::Refused)
            )
    }

    fn step(&self, step: &Step) -> Decision<Self> {
        match (self.phase, step) {
            (Phase::Absent, Step::Request(request)) => {
                Decision::record(Event::Requested(Arc::clone(request)))
            }
            (
                Phase::Requested | Phase::Authenticated,
                Step::FailAuthentication { reason, username },
            ) => self.fail_authentication(*reason, username.clone()),
            (Phase::Requested | Phase::Authenticated, Step::VerifyFactor(verified)) => {
                if self.verifications >= AUTHENTICATION_ATTEMPTS {
                    return Decision::refuse(Reason::StreamFull);
                }
                Decision::record(Event::FactorVerified(verified.clone()))
            }
            (Phase::Requested | Phase::Authenticated, Step::Authenticate(authentication)) => {
                if self.authentications >= AUTHENTICATION_ATTEMPTS {
                    return Decision::refuse(Reason::StreamFull);
                }
                Decision::record(Event::Authenticated(Arc::clone(authentication)))
            }
            (Phase::Authenticated, Step::Answer(answer)) => self.answer(answer),
            (Phase::Requested | Phase::Authenticated, Step::Deny(reason)) => {
                Decision::record(Event::Denied(Denied { reason: *reason }))
            }
            (Phase::Absent | Phase::Requested | Phase::Authenticated, Step::Refuse(refused)) => {
                Decision::record(Event::Refused(refused.clone()))
            }
            (
                Phase::CodeOut | Phase::Exchanged | Phase::Answered | Phase::Closed(_),
                Step::Exchange(exchange),
            ) => self.exchange(exchange),
            (Phase::Exchanged, Step::Refresh(refresh)) => {
                let Some(client_id) = self.client() else {
                    return Decision::refuse(Reason::OutOfOrder);
                };
                wrap(self.tokens.refresh(refresh, client_id, &self.granted))
            }
            // Whatever became of the code beside it, a token that is out can be revoked.
            (_, Step::Revoke { only, cause }) if self.tokens.are_issued() => {
                wrap((self.tokens.revoke(*only, *cause), Ok(())))
            }
            (_, Step::Expire(now)) => self.expire(*now),
            _ => Decision::refuse(Reason::OutOfOrder),
        }
    }

    fn fail_authentication(&self, reason: Reason, username: Option<Sealed>) -> Decision<Self> {
        let attempt = self.attempts + 1;
        if attempt > AUTHENTICATION_ATTEMPTS {
            return Decision::refuse(Reason::StreamFull);
        }
        Decision::record(Event::AuthenticationFailed(AuthenticationFailed {
            reason,
            attempt,
            username,
        }))
    }

    /// Code and tokens must be those that the response type names, and allow no more than was allowed.
    fn answer(&self, answer: &Answer) -> Decision<Self> {
        let Some(request) = &self.request else { return Decision::refuse(Reason::OutOfOrder) };
        let asked = |word| request.response_type.split(' ').any(|own| own == word);
        let Answer { consent, code, access_token, id_token } = answer;
        if asked("code") != code.is_some()
            || asked("token") != access_token.is_some()
            || asked("id_token") != id_token.is_some()
        {
            return Decision::refuse(Reason::OutOfOrder);
        }
        let beyond = |token: &AccessToken| !token.scope.is_subset_of(&consent.scope);
        if !consent.scope.is_subset_of(&request.scope) || access_token.as_ref().is_some_and(beyond)
        {
            return Decision::refuse(Reason::ScopeExceedsGrant);
        }
        let mut events = vec![Event::Consented(consent.clone())];
        events.extend(code.clone().map(Event::CodeIssued));
        if access_token.is_some() || id_token.is_some() {
            let (access_token, id_token) = (access_token.clone(), id_token.clone());
            events.push(Event::FrontChannelIssued(FrontChannelIssued { access_token, id_token }));
        }
        if events.len() == 1 {
            events.push(Event::Answered(Answered {}));
        }
        Decision::record_all(events)
    }

    fn expire(&self, now: Timestamp) -> Decision<Self> {
        let phase = match self.phase {
            _ if !self.is_expired(now) => return Decision::nothing_to_do(),
            Phase::Requested => ExpiredPhase::Login,
            Phase::Authenticated => ExpiredPhase::Consent,
            _ => ExpiredPhase::Code,
        };
        Decision::record(Event::Expired(Expired { phase }))
    }
}

fn wrap((events, verdict): TokenDecision) -> Decision<Transaction> {
    Decision { events: events.into_iter().map(Event::Token).collect(), verdict }
}
