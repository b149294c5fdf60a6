//! Proving who one is: by password, one-time code or passkey. The pages of transactions, of the account and
//! of approvals all ask here, so that limits, single use and what goes on record are the same everywhere.
//!
//! In: what was sent, and in which scene. Out: a proof that is spent already, durably, or a [`Refusal`] that
//! is on record. A caller who goes on with a proof needs no further check of it.

pub mod approval;
pub mod passkey;
pub mod password;
pub mod totp;

use moneta_events::{
    Actor, Reason, StreamId, SubjectId,
    factor::{Factor, Purpose},
};
use moneta_projections::subject::SubjectView;

use super::{caller::Caller, op::Op, pages::Trouble};
use crate::{
    domain::{
        factors,
        subject::{Command, Subject},
    },
    engine::order::{Failure, Order},
    protocol::proofs::{Enrolled, Proofs},
};

/// In which circumstances somebody proves something, and what for.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The circumstances of the request.
    pub caller: &'a Caller,
    /// The transaction it is part of.
    pub transaction: Option<StreamId>,
    /// What for.
    pub purpose: Purpose,
    /// The browser, where the account signed in with it before: guessing elsewhere does not count here.
    pub known_browser: Option<[u8; 32]>,
}

/// A proof that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that refused it.
    pub reason: Reason,
    /// Seconds until the next one is looked at, where there were too many.
    pub retry_after: Option<u32>,
}

impl From<Reason> for Refusal {
    fn from(reason: Reason) -> Self {
        Self { reason, retry_after: None }
    }
}

impl Refusal {
    fn throttled(retry_after: u32) -> Self {
        Self { reason: Reason::Throttled, retry_after: Some(retry_after) }
    }
}

/// What somebody has beside the password.
pub fn enrolled(op: &Op, view: &SubjectView) -> Enrolled {
    let passkeys = op.passkeys.is_some() && !view.passkeys.is_empty();
    Enrolled { totp: view.totp.is_some(), passkeys }
}

/// `acr` and `amr` of what was proved (OpenID Connect Core 1.0 §2, RFC 8176).
pub fn reached(op: &Op, proofs: Proofs) -> (String, Vec<String>) {
    let amr = proofs.amr();
    let acr = op.rules.acr_reached(&amr).unwrap_or("0").to_owned();
    (acr, amr)
}

impl Scene<'_> {
    /// Carries out an order on somebody's factors.
    pub(super) async fn order(
        self,
        op: &Op,
        subject: SubjectId,
        actor: Actor,
        command: factors::Command,
    ) -> Result<Result<(), Reason>, Failure> {
        let Self { caller, transaction, .. } = self;
        let stream = subject.stream();
        let key = op.privacy.data_key(stream).await.map_err(|cause| unavailable(&cause))?;
        let mut context = caller.context(op, stream, actor, &key);
        if let Some(transaction) = transaction {
            (context.transaction, context.correlation) = (Some(transaction), transaction.uuid);
        }
        let id = op.entropy().uuid(caller.now);
        let order = Order::<Subject> { id, command: Command::Factor(command), context };
        match op.ledger.tell(stream, &order).await {
            Ok(_) => Ok(Ok(())),
            Err(Failure::Refused(reason)) => Ok(Err(reason)),
            Err(failure) => Err(failure),
        }
    }

    /// Puts a refusal on the record of the end-user it concerns.
    async fn refused(
        self,
        op: &Op,
        subject: SubjectId,
        factor: Factor,
        refusal: Refusal,
    ) -> Result<Refusal, Trouble> {
        let command = factors::Command::Fail { factor, reason: refusal.reason };
        match self.order(op, subject, Actor::BROWSER, command).await {
            // Many are refused at once; what is counted here is on record of their transactions too.
            Ok(_) | Err(Failure::Busy) => Ok(refusal),
            Err(failure) => Err(failure.into()),
        }
    }
}

fn unavailable(cause: &crate::engine::privacy::PrivacyError) -> Failure {
    Failure::Store(cause.to_string().into())
}
