//! The approval phase that grants with a device apart embed: the end-user decides once, the client fetches
//! the tokens once.
//!
//! ```text
//! Pending -> Approved -> Redeemed (token phase)
//!    |           |
//!    +-> Denied  +-> Expired      a pending request expires, too
//! ```

use std::sync::Arc;

use moneta_events::{
    ClientId, Digest, Reason, Scope, SubjectId, Timestamp,
    approval::{
        ApprovalEvent as Event, ApprovalFailed, Approved, Denied, Expired, Redeemed,
        RedemptionRefused,
    },
    token::{Issued, RevocationCause, TokenEvent},
};
use subtle::ConstantTimeEq as _;

use super::tokens::{Refresh, TokenDecision, Tokens};

/// Proofs of one request that were no good and go on record; then it can only be denied.
const FAILURES: u32 = 10;
/// Redemptions that were refused and go on record; further ones are only answered.
const RECORDED_REFUSALS: u32 = 5;

/// The state of the approval phase.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Approval {
    /// Where it stands.
    pub phase: Phase,
    /// The decision, where the end-user allowed it.
    pub approved: Option<Arc<Approved>>,
    /// The token phase.
    pub tokens: Tokens,
    failures: u32,
    refusals: u32,
}

/// Where a request stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// The end-user has not decided.
    #[default]
    Pending,
    /// Allowed; the tokens wait for the client.
    Approved,
    /// The end-user said no.
    Denied,
    /// The tokens were fetched; see the token phase.
    Redeemed,
    /// Out of time.
    Expired,
}

/// What the request of the grant says, as far as this phase depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// Whose it is.
    pub client_id: &'a ClientId,
    /// Who has to decide, where that is known.
    pub subject: Option<SubjectId>,
    /// What may be allowed.
    pub scope: &'a Scope,
    /// Of what the client fetches the tokens with.
    pub secret: Digest,
    /// From then on nothing can be decided or fetched.
    pub expires_at: Timestamp,
}

/// One step of the approval phase.
#[derive(Debug, Clone)]
pub enum Step {
    /// The end-user allows it.
    Approve {
        /// Who, what, and the proof.
        approved: Arc<Approved>,
        /// When.
        now: Timestamp,
    },
    /// The end-user could not prove who they are.
    Fail(Reason),
    /// The end-user says no.
    Deny {
        /// Why, and what they saw.
        denied: Denied,
        /// When.
        now: Timestamp,
    },
    /// Fetch the tokens.
    Redeem(Box<Redeem>),
    /// Rotate the refresh token.
    Refresh(Box<Refresh>),
    /// Revoke one access token or all.
    Revoke {
        /// One access token, or all.
        only: Option<Digest>,
        /// By whom.
        cause: RevocationCause,
    },
    /// End it if its time is over.
    Expire(Timestamp),
}

/// Fetch the tokens (CIBA Core 1.0 §10.1, RFC 8628 §3.4).
#[derive(Debug, Clone)]
pub struct Redeem {
    /// Digest of what was presented.
    pub secret: Digest,
    /// The authenticated client.
    pub client_id: ClientId,
    /// Whether user and client still allow it.
    pub gate: Result<(), Reason>,
    /// What to issue; `None` where it was not approved yet when the order was prepared.
    pub issued: Option<Issued>,
    /// How often the client asked before, and how often too soon.
    pub polls: Redeemed,
    /// When.
    pub now: Timestamp,
}

/// The events and the verdict of the approval phase; the grant wraps them.
pub type ApprovalDecision = (Vec<Event>, Result<(), Reason>);

impl Approval {
    /// Decides on a step.
    pub fn decide(&self, terms: &Terms<'_>, step: &Step) -> ApprovalDecision {
        match (self.phase, step) {
            (Phase::Pending, Step::Approve { approved, now }) => {
                self.approve(terms, approved, *now)
            }
            (Phase::Pending, Step::Fail(_)) if self.failures >= FAILURES => {
                refuse(Reason::StreamFull)
            }
            (Phase::Pending, Step::Fail(reason)) => {
                let failed = ApprovalFailed { reason: *reason, attempt: self.failures + 1 };
                (vec![Event::Failed(failed)], Ok(()))
            }
            (Phase::Pending, Step::Deny { now, .. }) if terms.expires_at <= *now => {
                refuse(Reason::ApprovalExpired)
            }
            (Phase::Pending, Step::Deny { denied, .. }) => {
                (vec![Event::Denied(denied.clone())], Ok(()))
            }
            (_, Step::Redeem(redeem)) => self.redeem(terms, redeem),
            (Phase::Redeemed, Step::Refresh(refresh)) => match &self.approved {
                Some(approved) => {
                    wrap(self.tokens.refresh(refresh, terms.client_id, &approved.scope))
                }
                None => refuse(Reason::OutOfOrder),
            },
            (Phase::Redeemed, Step::Revoke { only, cause }) => {
                wrap((self.tokens.revoke(*only, *cause), Ok(())))
            }
            (_, Step::Expire(now)) => self.expire(terms, *now),
            _ => refuse(Reason::OutOfOrder),
        }
    }

    fn approve(
        &self,
        terms: &Terms<'_>,
        approved: &Arc<Approved>,
        now: Timestamp,
    ) -> ApprovalDecision {
        if terms.expires_at <= now {
            return refuse(Reason::ApprovalExpired);
        }
        if terms.subject.is_some_and(|subject| subject != approved.subject) {
            return refuse(Reason::ApprovalSubjectMismatch);
        }
        if self.failures >= FAILURES {
            return refuse(Reason::StreamFull);
        }
        if !approved.scope.is_subset_of(terms.scope) {
            return refuse(Reason::ScopeExceedsGrant);
        }
        (vec![Event::Approved(Arc::clone(approved))], Ok(()))
    }

    /// Who allowed it, if `client_id` may fetch the tokens with `secret` now. The order of the checks is
    /// pinned by `tests/spec/approval.rs`.
    pub fn redeemable(
        &self,
        terms: &Terms<'_>,
        (secret, client_id): (Digest, &ClientId),
        now: Timestamp,
    ) -> Result<&Arc<Approved>, Reason> {
        if !bool::from(secret.0.ct_eq(&terms.secret.0)) {
            return Err(Reason::ApprovalUnknown);
        }
        if client_id != terms.client_id {
            return Err(Reason::ApprovalClientMismatch);
        }
        match (self.phase, &self.approved) {
            (Phase::Redeemed, _) => Err(Reason::ApprovalRedeemed),
            (Phase::Denied, _) => Err(Reason::ApprovalDenied),
            (Phase::Expired, _) => Err(Reason::ApprovalExpired),
            _ if terms.expires_at <= now => Err(Reason::ApprovalExpired),
            (Phase::Approved, Some(approved)) => Ok(approved),
            (Phase::Pending | Phase::Approved, _) => Err(Reason::ApprovalPending),
        }
    }

    fn redeem(&self, terms: &Terms<'_>, redeem: &Redeem) -> ApprovalDecision {
        let presented = (redeem.secret, &redeem.client_id);
        let approved = match self.redeemable(terms, presented, redeem.now) {
            Ok(approved) => approved,
            Err(reason @ (Reason::ApprovalClientMismatch | Reason::ApprovalRedeemed)) => {
                return self.refuse_redemption(reason);
            }
            // What is asked again and again is answered and not recorded.
            Err(reason) => return refuse(reason),
        };
        if let Err(reason) = redeem.gate {
            return self.refuse_redemption(reason);
        }
        let Some(issued) = &redeem.issued else { return refuse(Reason::ApprovalPending) };
        if issued.generation != 0 || !issued.access_token.scope.is_subset_of(&approved.scope) {
            return self.refuse_redemption(Reason::ScopeExceedsGrant);
        }
        let events = vec![
            Event::Redeemed(redeem.polls.clone()),
            Event::Token(TokenEvent::Issued(issued.clone())),
        ];
        (events, Ok(()))
    }

    fn refuse_redemption(&self, reason: Reason) -> ApprovalDecision {
        if self.refusals >= RECORDED_REFUSALS {
            return refuse(reason);
        }
        let refused = RedemptionRefused { reason, attempt: self.refusals + 1 };
        (vec![Event::RedemptionRefused(refused)], Err(reason))
    }

    fn expire(&self, terms: &Terms<'_>, now: Timestamp) -> ApprovalDecision {
        if !self.is_expired(terms.expires_at, now) {
            return (Vec::new(), Ok(()));
        }
        let approved = self.phase == Phase::Approved;
        (vec![Event::Expired(Expired { approved })], Ok(()))
    }

    /// Whether nobody can finish it any more, by `now`, and that is not on record yet.
    pub fn is_expired(&self, expires_at: Timestamp, now: Timestamp) -> bool {
        matches!(self.phase, Phase::Pending | Phase::Approved) && expires_at <= now
    }

    /// Whether nothing is waited for any more.
    pub const fn is_settled(&self) -> bool {
        matches!(self.phase, Phase::Denied | Phase::Redeemed | Phase::Expired)
    }

    /// Whether the order that recorded this event was carried out.
    pub const fn verdict(event: &Event) -> Result<(), Reason> {
        match event {
            Event::RedemptionRefused(refused) => Err(refused.reason),
            Event::Token(event) => Tokens::verdict(event),
            Event::Approved(_)
            | Event::Failed(_)
            | Event::Denied(_)
            | Event::Expired(_)
            | Event::Redeemed(_) => Ok(()),
        }
    }

    /// Takes in an event of the approval phase.
    pub fn evolve(&mut self, event: &Event) {
        match event {
            Event::Approved(approved) => {
                self.phase = Phase::Approved;
                self.approved = Some(Arc::clone(approved));
            }
            Event::Failed(_) => self.failures += 1,
            Event::Denied(_) => self.phase = Phase::Denied,
            Event::Expired(_) => self.phase = Phase::Expired,
            Event::Redeemed(_) => self.phase = Phase::Redeemed,
            Event::RedemptionRefused(_) => self.refusals += 1,
            Event::Token(event) => self.tokens.evolve(event),
        }
    }
}

const fn refuse(reason: Reason) -> ApprovalDecision {
    (Vec::new(), Err(reason))
}

fn wrap((events, verdict): TokenDecision) -> ApprovalDecision {
    (events.into_iter().map(Event::Token).collect(), verdict)
}
