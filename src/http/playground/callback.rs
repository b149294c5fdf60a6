//! Where authorization responses come in (RFC 6749 §4.1.2, RFC 9207).

use actix_web::{HttpRequest, HttpResponse, web};

use super::{
    Playground,
    flow::Kind,
    record, result,
    seen::{Seen, shorten},
    session::Ending,
    steps::Step,
    visitor::Visitor,
};
use crate::{
    http::{
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
    },
    protocol::{handle::HandleKind, params::Params},
};

/// `GET /playground/callback`.
pub(super) async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
) -> HttpResponse {
    let query = request.query_string().as_bytes();
    let source = "GET /playground/callback";
    let answered = answer(&request, &op, &playground, query, source).await;
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

/// `POST /playground/callback`: the answer in a form (OAuth 2.0 Form Post Response Mode §2).
pub(super) async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
    body: Body,
) -> HttpResponse {
    let source = "POST /playground/callback";
    let answered = match body::form(&request, body) {
        Ok(form) => answer(&request, &op, &playground, &form, source).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn answer(
    request: &HttpRequest,
    op: &Op,
    playground: &Playground,
    encoded: &[u8],
    source: &str,
) -> Result<HttpResponse, Trouble> {
    let params = Params::read_form(encoded).map_err(|e| Trouble::BadRequest(e.description))?;
    let visitor = Visitor::of(request, op);
    // Without the state that this browser was sent off with, the answer is somebody else's (RFC 6749 §10.12).
    let mut attempt = params
        .get("state")
        .and_then(|state| playground.sessions.answered(&visitor.key, state))
        .ok_or(Trouble::BadRequest(STRANGE))?;
    if params.get("iss") != Some(playground.issuer.as_str()) {
        return Err(Trouble::BadRequest("the answer is another provider's (RFC 9207 §2.4)"));
    }
    let note = "What the browser brought along. The state is the one that was sent, and iss names the \
                provider that was asked.";
    let seen = ["code", "error", "error_description", "state", "iss"]
        .into_iter()
        .filter_map(|name| Some((name, params.get(name)?)))
        .fold(Seen::new("The answer", source, note), |seen, (name, value)| {
            seen.row(name, shorten(value))
        });
    attempt.seen.push(seen);
    let flow = attempt.flow;
    let mut step = Step { op, playground, attempt: &mut attempt };
    if let Some(code) = params.get("code") {
        let stream = op.handles.open(HandleKind::Code, code).map(|opened| opened.stream);
        step.attempt.transaction = stream;
        step.attempt.code = Some(code.to_owned());
        step.redeem(flow.kind != Kind::WrongVerifier).await?;
    } else {
        let error = params.get("error").unwrap_or("no code and no error");
        step.attempt.transaction = record::find(op, step.attempt).await?;
        step.attempt.ending = Ending::bad(format!("The answer is no: {error}"), meaning(error));
        step.see_record().await?;
    }
    Ok(pages::see_other(&result::path(&attempt), &[]))
}

const STRANGE: &str =
    "the state is not one that this browser was sent off with, or was answered already";

/// What an error means to the person (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
fn meaning(error: &str) -> &'static str {
    match error {
        "access_denied" => "You said no, and the app gets nothing.",
        "login_required" => "Nobody is signed in, and the app asked for no page to be shown.",
        "consent_required" => {
            "You are signed in, but you were not asked, and the app asked for no page to be shown."
        }
        _ => "The provider cannot do what the app asked for.",
    }
}
