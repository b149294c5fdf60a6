//! One-time codes (RFC 6238).

use moneta_events::{
    Actor, Reason, SubjectId,
    factor::{Factor, TotpUsed},
};

use super::{Refusal, Scene};
use crate::{
    domain::factors::Command,
    http::{op::Op, pages::Trouble, people},
};

/// Whether `code` is one of this moment, used for the first time. It is spent with the answer.
pub async fn totp(
    op: &Op,
    scene: Scene<'_>,
    subject: SubjectId,
    code: &str,
) -> Result<Result<(), Refusal>, Trouble> {
    let now = scene.caller.now;
    let (browser, place) = (scene.known_browser, scene.caller.place);
    let refused = |refusal| scene.refused(op, subject, Factor::Totp, refusal);
    if let Err(retry_after) = op.throttles.code(subject, browser, place, now) {
        return Ok(Err(refused(Refusal::throttled(retry_after)).await?));
    }
    let view = op.facts.subject(subject).await?;
    let Some(totp) = &view.view.totp else {
        return Ok(Err(refused(Reason::FactorMismatch.into()).await?));
    };
    let secret = people::field(op, subject.stream(), Some(&totp.secret)).await;
    let Some(step) = op.codes.step(&secret, code, now) else {
        return Ok(Err(refused(Reason::TotpWrong.into()).await?));
    };
    let used = Command::UseTotp(TotpUsed { purpose: scene.purpose, step });
    match scene.order(op, subject, Actor::user(subject), used).await? {
        Ok(()) => {
            op.throttles.code_was_right(subject, browser, place);
            Ok(Ok(()))
        }
        Err(reason) => Ok(Err(refused(reason.into()).await?)),
    }
}
