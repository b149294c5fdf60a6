//! The page on which a user code is entered (RFC 8628 §3.3). Showing it changes nothing; a code that came in
//! the address (§3.3.1) still has to be confirmed.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use moneta_events::{Actor, Reason, StreamId};

use super::{decision, visitor::Visitor};
use crate::{
    domain::device::Command,
    engine::{guards::Kind, order::Failure},
    http::{
        body::{self, Body},
        forms,
        op::Op,
        pages::{self, Trouble},
        people,
    },
    protocol::{device::UserCode, endpoints, params::Params},
    ui::{Csp, DeviceEntry, DeviceProblem},
};

/// Characters kept of what was typed.
const TYPED: usize = 32;

/// `GET /device`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let query = Params::read(request.query_string().as_bytes())
            .map_err(|_| Trouble::BadRequest("the address is not one of this page"))?;
        let typed = query.get("user_code").unwrap_or_default();
        let code = UserCode::read(typed);
        match Visitor::of(&op, &request, code).await? {
            Ok(visitor) => show(&op, &visitor, typed, None).await,
            Err(elsewhere) => Ok(elsewhere),
        }
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /device`.
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => enter(&request, &op, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn show(
    op: &Op,
    visitor: &Visitor,
    typed: &str,
    problem: Option<DeviceProblem>,
) -> Result<HttpResponse, Trouble> {
    let person = people::person(op, visitor.subject()).await?;
    let code = UserCode::read(typed)
        .map_or_else(|| typed.chars().take(TYPED).collect(), |code| code.to_string());
    let shown = DeviceEntry {
        frame: op.frame(),
        action: endpoints::DEVICE_VERIFICATION,
        csrf: &visitor.csrf(op, None),
        account: &person.username,
        user_code: &code,
        problem,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(DeviceProblem::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    let mut response = pages::page(status, &shown, &Csp::new());
    if let Some(DeviceProblem::Throttled { retry_after }) = problem
        && let Ok(value) = header::HeaderValue::from_str(&retry_after.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
}

async fn enter(request: &HttpRequest, op: &Op, form: &[u8]) -> Result<HttpResponse, Trouble> {
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    let typed = form.get("user_code").unwrap_or_default();
    let code = UserCode::read(typed);
    // Whoever is sent to sign in first must not be sent there by others.
    forms::from_here(op, request)?;
    let visitor = match Visitor::of(op, request, code).await? {
        Ok(visitor) => visitor,
        Err(elsewhere) => return Ok(elsewhere),
    };
    forms::check(op, request, &form, &visitor.csrf(op, None))?;
    let Some(code) = code else {
        return show(op, &visitor, typed, Some(DeviceProblem::NoCode)).await;
    };
    let stream = match find(op, &visitor, code).await? {
        Ok(stream) => stream,
        Err(problem) => return show(op, &visitor, typed, Some(problem)).await,
    };
    match claim(op, &visitor, stream).await {
        Ok(()) => Ok(pages::see_other(&decision::path_with(stream, code), &[])),
        Err(Failure::Refused(Reason::OutOfOrder | Reason::ApprovalSubjectMismatch)) => {
            show(op, &visitor, typed, Some(DeviceProblem::Used)).await
        }
        Err(Failure::Refused(_)) => show(op, &visitor, typed, Some(DeviceProblem::Unknown)).await,
        Err(failure) => Err(failure.into()),
    }
}

/// The request a code stands for. Each look-up is a guess until it found something.
async fn find(
    op: &Op,
    visitor: &Visitor,
    code: UserCode,
) -> Result<Result<StreamId, DeviceProblem>, Trouble> {
    let (subject, place, now) = (visitor.subject(), visitor.caller.place, visitor.caller.now);
    let note = |reason| {
        op.incidents.note(reason, endpoints::DEVICE_VERIFICATION, now, String::new);
    };
    if let Err(retry_after) = op.throttles.user_code(subject, place, now) {
        note(Reason::Throttled);
        return Ok(Err(DeviceProblem::Throttled { retry_after }));
    }
    if let Some(stream) = op.guards.find(Kind::UserCode, &[code.letters()], now).await? {
        op.throttles.user_code_was_right(subject, place);
        Ok(Ok(stream))
    } else {
        note(Reason::ApprovalUnknown);
        Ok(Err(DeviceProblem::Unknown))
    }
}

/// Puts on record who is about to decide: nobody else can from now on.
async fn claim(op: &Op, visitor: &Visitor, stream: StreamId) -> Result<(), Failure> {
    let (subject, caller) = (visitor.subject(), &visitor.caller);
    let command = Command::Claim { subject, session: visitor.held.stream, now: caller.now };
    decision::record(op, visitor, stream, command, Actor::user(subject)).await
}
