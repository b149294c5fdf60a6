//! Transactions: from the events of one order back to its steps.

use std::sync::Arc;

use moneta_events::{
    Reason, Timestamp,
    token::TokenEvent,
    transaction::{
        CodeChallenge, CodeChallengeMethod, Consented, Requested, TransactionEvent as Event,
    },
};

use super::{
    grants::{self, TokenCommand, nothing, other_than},
    rules::{Facts, Retold},
};
use crate::domain::{
    Aggregate,
    transaction::{Answer, Command, Ending, Exchange, Phase, Step, Transaction},
};

/// Stands in for a verifier that was accepted, together with the challenge that it fits.
const VERIFIER: &str = "stands-in-for-the-verifier-that-was-accepted";

impl Retold for Transaction {
    fn retell(&self, events: &[Event], at: Timestamp) -> Option<(Self, Command)> {
        let mut state = self.clone();
        let mut steps = Vec::new();
        let mut rest = events;
        let mut reached = self.clone();
        while !rest.is_empty() {
            let (step, taken) = reached.step_of(rest, at, &mut state)?;
            steps.push(step);
            rest[..taken].iter().for_each(|event| reached.evolve(event));
            rest = &rest[taken..];
        }
        Some((state, steps))
    }

    fn facts(&self) -> Facts {
        let mut facts = vec![("phase", phase(self.phase).to_owned())];
        let mut add = |name, value: Option<String>| facts.extend(value.map(|value| (name, value)));
        add("client", self.client_id.as_ref().map(ToString::to_string));
        add("subject", self.subject().map(|subject| subject.to_string()));
        let until = match self.phase {
            Phase::Requested | Phase::Authenticated => self.request.as_ref().map(|r| r.expires_at),
            Phase::CodeOut => self.code.as_ref().map(|code| code.expires_at),
            _ => None,
        };
        add("until", until.map(crate::cli::time::show));
        add("granted", (!self.granted.is_empty()).then(|| self.granted.to_string()));
        facts.extend(grants::facts(&self.tokens));
        Facts(facts)
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Absent => "absent",
        Phase::Requested => "requested",
        Phase::Authenticated => "authenticated",
        Phase::CodeOut => "code_issued",
        Phase::Exchanged => "exchanged",
        Phase::Answered => "answered",
        Phase::Closed(Ending::Denied) => "denied",
        Phase::Closed(Ending::Refused) => "refused",
        Phase::Closed(Ending::Expired) => "expired",
    }
}

/// The answer that follows consent, and how many events it is.
fn answer(consent: &Consented, events: &[Event]) -> Option<(Answer, usize)> {
    let mut answer =
        Answer { consent: consent.clone(), code: None, access_token: None, id_token: None };
    let mut taken = 0;
    for event in events {
        match event {
            Event::CodeIssued(code) => answer.code = Some(code.clone()),
            Event::FrontChannelIssued(tokens) => {
                answer.access_token.clone_from(&tokens.access_token);
                answer.id_token.clone_from(&tokens.id_token);
            }
            Event::Answered(_) => {}
            _ => break,
        }
        taken += 1;
    }
    (taken > 0).then_some((answer, taken))
}

impl Transaction {
    /// The step that the first of `events` came from, and how many of them. `state` is the one to decide
    /// on; a stand-in goes there.
    fn step_of(&self, events: &[Event], at: Timestamp, state: &mut Self) -> Option<(Step, usize)> {
        Some(match events {
            [Event::Requested(request), ..] => (Step::Request(Arc::clone(request)), 1),
            [Event::AuthenticationFailed(failed), ..] => {
                let (reason, username) = (failed.reason, failed.username.clone());
                (Step::FailAuthentication { reason, username }, 1)
            }
            [Event::FactorVerified(verified), ..] => (Step::VerifyFactor(verified.clone()), 1),
            [Event::Authenticated(known), ..] => (Step::Authenticate(Arc::clone(known)), 1),
            [Event::Consented(consent), rest @ ..] => {
                let (answer, more) = answer(consent, rest)?;
                (Step::Answer(Box::new(answer)), 1 + more)
            }
            [Event::Denied(denied), ..] => (Step::Deny(denied.reason), 1),
            [Event::Refused(refused), ..] => (Step::Refuse(refused.clone()), 1),
            [Event::Expired(_), ..] => (Step::Expire(at), 1),
            [Event::CodeRefused(refused), ..] => {
                (Step::Exchange(Box::new(self.refused(refused.reason, at, state)?)), 1)
            }
            [Event::CodeExchanged(_), Event::Token(TokenEvent::Issued(issued)), ..] => {
                let mut exchange = self.accepted(at, state)?;
                exchange.issued = issued.clone();
                (Step::Exchange(Box::new(exchange)), 2)
            }
            [Event::CodeReplayed(_), Event::Token(TokenEvent::Revoked(_)), ..] => {
                (Step::Exchange(Box::new(self.accepted(at, state)?)), 2)
            }
            [Event::Token(_), ..] => {
                let all = events.iter().map(|event| match event {
                    Event::Token(event) => Some(event),
                    _ => None,
                });
                let all: Vec<_> = all.collect::<Option<_>>()?;
                let client_id = self.client_id.as_ref()?;
                let step = match grants::retell(&self.tokens, client_id, &all, at)? {
                    TokenCommand::Refresh(refresh) => Step::Refresh(refresh),
                    TokenCommand::Revoke { only, cause } => Step::Revoke { only, cause },
                };
                (step, all.len())
            }
            _ => return None,
        })
    }

    /// A redemption in which everything fits. What only the client knew gets a stand-in.
    fn accepted(&self, at: Timestamp, state: &mut Self) -> Option<Exchange> {
        let (request, code) = (self.request.as_ref()?, self.code.as_ref()?);
        let code_verifier = request.code_challenge.as_ref().map(|_| VERIFIER.to_owned());
        if code_verifier.is_some() {
            let challenge =
                CodeChallenge { value: VERIFIER.to_owned(), method: CodeChallengeMethod::Plain };
            let request =
                Requested { code_challenge: Some(challenge), ..Requested::clone(request) };
            state.request = Some(Arc::new(request));
        }
        Some(Exchange {
            code: code.digest,
            client_id: request.client_id.clone(),
            redirect_uri: Some(request.redirect_uri.clone()),
            code_verifier,
            attempts: u32::MAX,
            gate: Ok(()),
            issued: nothing(0),
            now: at,
        })
    }

    /// A redemption that is refused for `reason`.
    fn refused(&self, reason: Reason, at: Timestamp, state: &mut Self) -> Option<Exchange> {
        let mut exchange = self.accepted(at, state)?;
        match reason {
            Reason::CodeClientMismatch => exchange.client_id = other_than(&exchange.client_id),
            // By the time alone.
            Reason::CodeExpired => {}
            Reason::CodeRedirectUriMismatch => exchange.redirect_uri = None,
            Reason::CodeVerifierMissing => exchange.code_verifier = None,
            Reason::CodeVerifierMismatch => exchange.code_verifier = Some("another".to_owned()),
            Reason::CodeVerifierUnexpected => exchange.code_verifier = Some(VERIFIER.to_owned()),
            Reason::ScopeExceedsGrant => exchange.issued.generation = 1,
            reason => exchange.gate = Err(reason),
        }
        Some(exchange)
    }
}
