//! The list of what waits, the page of one request, and what became of it.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use moneta_events::{Reason, StreamId, approval::ApprovalEvent, backchannel::BackchannelEvent};

use super::{
    visitor::{Visitor, stream_of},
    waiting::Opened,
};
use crate::{
    domain::approval::Phase,
    http::{
        factors::approval,
        op::Op,
        pages::{self, Trouble},
        people,
    },
    ui::{
        ClientCard, Csp, Decided, Inbox, InboxOutcome, InboxRequest, PasskeyButton, ProofProblem,
    },
};

/// `GET /device-inbox`.
pub async fn list(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    answer(&op, show_list(&request, &op).await)
}

/// `GET /device-inbox/{request}`.
pub async fn one(request: HttpRequest, op: web::Data<Op>, id: web::Path<String>) -> HttpResponse {
    let shown = async {
        let stream = stream_of(&id)?;
        let visitor = match Visitor::of(&op, &request).await? {
            Ok(visitor) => visitor,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let (subject, now) = (visitor.subject(), visitor.caller.now);
        let waiting = op.pending.find(stream, subject, now).await?;
        let opened = match waiting {
            Some(waiting) => Opened::of(&op, &visitor, waiting).await?,
            None => None,
        };
        match opened {
            Some(opened) => show(&op, &visitor, &opened, None).await,
            None => outcome(&op, &visitor, stream).await,
        }
    };
    answer(&op, shown.await)
}

/// A page, or what went wrong.
pub(super) fn answer(op: &Op, shown: Result<HttpResponse, Trouble>) -> HttpResponse {
    shown.unwrap_or_else(|trouble| trouble.response(op))
}

async fn show_list(request: &HttpRequest, op: &Op) -> Result<HttpResponse, Trouble> {
    let visitor = match Visitor::of(op, request).await? {
        Ok(visitor) => visitor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let person = people::person(op, visitor.subject()).await?;
    let mut opened = Vec::new();
    for waiting in op.pending.of(visitor.subject(), visitor.caller.now).await? {
        opened.extend(Opened::of(op, &visitor, waiting).await?);
    }
    let requests = opened.iter().filter_map(|one| one.card(op, &person.claims)).collect();
    let nonce = pages::nonce(op);
    let shown = Inbox { frame: op.frame(), account: &person.username, requests, nonce: &nonce };
    Ok(pages::page(StatusCode::OK, &shown, &shown.csp()))
}

/// The page on which a request is approved, and what went wrong before.
pub(super) async fn show(
    op: &Op,
    visitor: &Visitor,
    opened: &Opened,
    problem: Option<ProofProblem>,
) -> Result<HttpResponse, Trouble> {
    let person = people::person(op, visitor.subject()).await?;
    let Some(request) = opened.card(op, &person.claims) else { return Err(Trouble::NotFound) };
    let nonce = pages::nonce(op);
    let options = match problem {
        Some(ProofProblem::OnlyDenied) => None,
        _ => approval::options(op, &visitor.held, opened.waiting.stream).await?,
    };
    let shown = InboxRequest {
        frame: op.frame(),
        account: &person.username,
        request,
        totp: visitor.owes_code(op).await?,
        passkey: options.as_deref().map(|options| PasskeyButton { options, nonce: &nonce }),
        problem,
        nonce: &nonce,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(ProofProblem::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut response = pages::page(status, &shown, &shown.csp());
    if let Some(ProofProblem::Throttled { retry_after }) = problem
        && let Ok(value) = header::HeaderValue::from_str(&retry_after.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
}

/// What became of a request that waits no more, for its end-user and nobody else.
async fn outcome(op: &Op, visitor: &Visitor, stream: StreamId) -> Result<HttpResponse, Trouble> {
    let state = op.grants.backchannel.state(stream).await?;
    let request = state.request.as_ref().filter(|asked| asked.subject == visitor.subject());
    let request = request.ok_or(Trouble::NotFound)?;
    let outcome = match state.approval.phase {
        Phase::Approved | Phase::Redeemed => Decided::Approved,
        Phase::Denied => Decided::Denied(why(op, stream).await?),
        Phase::Expired if state.approval.approved.is_some() => Decided::Approved,
        Phase::Pending | Phase::Expired => Decided::Expired,
    };
    let client = op.facts.client(request.client_id.as_str()).await?;
    let metadata = client.view.metadata.as_deref().ok_or(Trouble::NotFound)?;
    let client = ClientCard::of(metadata);
    let shown = InboxOutcome { frame: op.frame(), client, outcome };
    Ok(pages::page(StatusCode::OK, &shown, &Csp::new().application()))
}

/// The reason of a denial.
async fn why(op: &Op, stream: StreamId) -> Result<Reason, Trouble> {
    for recorded in op.facts.events(stream).await? {
        if let Ok(BackchannelEvent::Approval(ApprovalEvent::Denied(denied))) =
            recorded.envelope().and_then(|envelope| envelope.payload())
        {
            return Ok(denied.reason);
        }
    }
    Ok(Reason::ConsentDenied)
}
