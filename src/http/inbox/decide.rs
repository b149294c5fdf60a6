//! The decision: allowed with a fresh proof, denied, or reported as unknown.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use moneta_events::{
    Actor, Reason,
    approval::{Approved, DecisionDevice, Denied, Proof, ProofMethod},
};

use super::{
    page,
    visitor::{Visitor, path_of, stream_of},
    waiting::Opened,
};
use crate::{
    engine::{order::Failure, pending::Decision},
    http::{
        body::{self, Body},
        factors::{
            Refusal,
            approval::{self, Approval},
        },
        forms,
        op::Op,
        pages::{self, Trouble},
    },
    protocol::params::Params,
    ui::ProofProblem,
};

/// `POST /device-inbox/{request}`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    id: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let decided = match body::form(&request, body) {
        Ok(form) => act(&request, &op, &id, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    page::answer(&op, decided)
}

async fn act(
    request: &HttpRequest,
    op: &Op,
    id: &str,
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    let stream = stream_of(id)?;
    let visitor = match Visitor::of(op, request).await? {
        Ok(visitor) => visitor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    forms::check(op, request, &form, &visitor.csrf(op, stream))?;
    let waiting = op.pending.find(stream, visitor.subject(), visitor.caller.now).await?;
    let opened = match waiting {
        Some(waiting) => Opened::of(op, &visitor, waiting).await?,
        None => None,
    };
    // Its page says what became of it.
    let Some(opened) = opened else { return Ok(pages::see_other(&path_of(stream), &[])) };
    match form.get("action") {
        // The main button of a form needs no name.
        None | Some("approve") => approve(request, op, &visitor, &opened, &form).await,
        Some("deny") => deny(op, &visitor, &opened, Reason::ConsentDenied).await,
        Some("report") => deny(op, &visitor, &opened, Reason::RequestReported).await,
        _ => Err(Trouble::BadRequest("the form does not say what was decided")),
    }
}

async fn deny(
    op: &Op,
    visitor: &Visitor,
    opened: &Opened,
    reason: Reason,
) -> Result<HttpResponse, Trouble> {
    let shown = Some(opened.shown(op));
    let denied = Denied { reason, shown, device: DecisionDevice::Inbox };
    let actor = Actor::user(visitor.subject());
    // Where another decision was quicker, the page says which.
    let _ = record(op, visitor, opened, actor, Decision::Deny(denied)).await?;
    Ok(pages::see_other(&path_of(opened.waiting.stream), &[]))
}

async fn approve(
    request: &HttpRequest,
    op: &Op,
    visitor: &Visitor,
    opened: &Opened,
    form: &Params<'_>,
) -> Result<HttpResponse, Trouble> {
    let Visitor { caller, held } = visitor;
    let about = opened.waiting.stream;
    let sent = |name| form.get(name).is_some_and(|sent| !sent.is_empty());
    if !sent("assertion") && !sent("otp") && visitor.owes_code(op).await? {
        return fail(op, visitor, opened, form, Reason::TotpWrong.into()).await;
    }
    let proof = match approval::prove(op, request, caller, held, about, form).await? {
        Ok(proof) => proof,
        Err(refusal) => return fail(op, visitor, opened, form, refusal).await,
    };
    let approved = approved(op, visitor, opened, proof);
    let actor = Actor::user(visitor.subject());
    match record(op, visitor, opened, actor, Decision::Approve(Arc::new(approved))).await? {
        Err(Reason::StreamFull) => {
            page::show(op, visitor, opened, Some(ProofProblem::OnlyDenied)).await
        }
        _ => Ok(pages::see_other(&path_of(about), &[])),
    }
}

fn approved(op: &Op, visitor: &Visitor, opened: &Opened, proof: Approval) -> Approved {
    let session = visitor.held.get();
    let amr = together(proof.amr, visitor.fresh_amr());
    let method =
        if proof.assertion.is_some() { ProofMethod::Passkey } else { ProofMethod::Password };
    Approved {
        subject: session.subject,
        scope: opened.waiting.request.scope.clone(),
        session: Some(visitor.held.stream),
        auth_time: proof.proved_at,
        acr: op.rules.acr_reached(&amr).unwrap_or("0").to_owned(),
        amr,
        shown: Some(opened.shown(op)),
        device: DecisionDevice::Inbox,
        proof: Proof { method, credential: proof.credential, assertion: proof.assertion },
    }
}

/// The methods of a proof and of the sign-in shortly before it, which were the same person's: different
/// factors in both make them `mfa` (RFC 8176 §2).
fn together(mut amr: Vec<String>, session: &[String]) -> Vec<String> {
    for method in session {
        if !amr.contains(method) {
            amr.push(method.clone());
        }
    }
    let factors = ["pwd", "otp", "pop"].into_iter();
    let factors = factors.filter(|factor| amr.iter().any(|method| method == factor)).count();
    if factors > 1 && !amr.iter().any(|method| method == "mfa") {
        amr.push("mfa".to_owned());
    }
    amr
}

/// Puts a proof that was no good on record, and shows the page again.
async fn fail(
    op: &Op,
    visitor: &Visitor,
    opened: &Opened,
    form: &Params<'_>,
    refusal: Refusal,
) -> Result<HttpResponse, Trouble> {
    let decision = Decision::Fail(refusal.reason);
    let problem = match record(op, visitor, opened, Actor::BROWSER, decision).await? {
        Err(Reason::StreamFull) => ProofProblem::OnlyDenied,
        Err(_) => return Ok(pages::see_other(&path_of(opened.waiting.stream), &[])),
        Ok(()) => match refusal.retry_after {
            Some(retry_after) => ProofProblem::Throttled { retry_after },
            None => problem_of(refusal.reason, form),
        },
    };
    page::show(op, visitor, opened, Some(problem)).await
}

fn problem_of(reason: Reason, form: &Params<'_>) -> ProofProblem {
    match reason {
        _ if form.get("assertion").is_some_and(|sent| !sent.is_empty()) => {
            ProofProblem::WrongPasskey
        }
        Reason::TotpWrong | Reason::FactorMismatch => ProofProblem::WrongCode,
        Reason::TotpReplayed => ProofProblem::CodeUsed,
        _ => ProofProblem::WrongPassword,
    }
}

/// Records a decision; the rule that refused it, where it was decided or over before.
async fn record(
    op: &Op,
    visitor: &Visitor,
    opened: &Opened,
    actor: Actor,
    decision: Decision,
) -> Result<Result<(), Reason>, Trouble> {
    let stream = opened.waiting.stream;
    let key = op.privacy.data_key(visitor.subject().stream()).await?;
    let context = visitor.caller.context(op, stream, actor, &key);
    match op.pending.decide(stream, decision, context).await {
        Ok(_) => Ok(Ok(())),
        Err(Failure::Refused(reason)) => Ok(Err(reason)),
        Err(failure) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_put_together_and_two_factors_are_two() {
        let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        for (proof, session, both) in [
            ("pwd", "pwd", "pwd"),
            ("pwd", "pwd otp mfa", "pwd otp mfa"),
            ("pop hwk user", "pwd", "pop hwk user pwd mfa"),
            ("pwd", "pop swk user", "pwd pop swk user mfa"),
            ("pop hwk user mfa", "pwd", "pop hwk user mfa pwd"),
        ] {
            assert_eq!(together(list(proof), &list(session)), list(both), "{proof} + {session}");
        }
    }
}
