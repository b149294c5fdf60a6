//! What is done with tokens once they are there.

use actix_web::{HttpRequest, HttpResponse, web};

use super::{Playground, result, steps::Step, visitor::Visitor};
use crate::{
    http::{
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
    },
    protocol::params::Params,
};

/// `POST /playground/result/{attempt}/{action}`.
pub(super) async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
    path: web::Path<(String, String)>,
    body: Body,
) -> HttpResponse {
    let (attempt, action) = path.into_inner();
    let answered = match body::form(&request, body) {
        Ok(form) => act(&request, &op, &playground, (&attempt, &action), &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn act(
    request: &HttpRequest,
    op: &Op,
    playground: &Playground,
    (attempt, action): (&str, &str),
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    let visitor = Visitor::of(request, op);
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    visitor.check_form(op, &form)?;
    let found = playground.sessions.find(&visitor.key, attempt).ok_or(Trouble::NotFound)?;
    let Some(mut attempt) = playground.sessions.hold(&visitor.key, &found.id) else {
        return Ok(pages::see_other(&result::path(&found), &[]));
    };
    // What was there before stays above; the browser goes to what is new.
    let new = attempt.seen.len() + 1;
    let mut step = Step { op, playground, attempt: &mut attempt };
    match action {
        "userinfo" => step.userinfo().await?,
        "refresh" => step.refresh().await?,
        "introspect" => step.introspect().await?,
        "revoke" => step.revoke().await?,
        "replay" | "redeem" => step.redeem(true).await?,
        _ => return Err(Trouble::NotFound),
    }
    let path = format!("{}#panel-{new}", result::path(&attempt));
    Ok(pages::see_other(&path, &[]))
}
