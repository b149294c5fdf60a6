//! The UserInfo endpoint (OpenID Connect Core 1.0 §5.3, RFC 6750).

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use moneta_events::Reason;

use super::{
    body::{self, Body},
    caller::Caller,
    error::EndpointError,
    op::Op,
    people,
    tokens::{TokenKind, is_allowed, locate},
};
use crate::protocol::{bearer, endpoints, error::OAuthError, params::Params, userinfo};

/// URLs end up in logs and histories (RFC 9700 §4.3.2).
const IN_QUERY: OAuthError = OAuthError::malformed("an access token must not be in the query");

/// `GET /userinfo`: the token in the header.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    noted(&op, &caller, answer(&request, &op, &caller, None).await)
}

/// `POST /userinfo`: the token in the header or the form.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = async {
        let form = match body {
            Body(Ok(bytes)) if bytes.is_empty() => bytes,
            body => body::form(&request, body)?,
        };
        let form = Params::read_form(&form)?;
        answer(&request, &op, &caller, Some(&form)).await
    };
    noted(&op, &caller, answered.await)
}

fn noted(
    op: &Op,
    caller: &Caller,
    answered: Result<HttpResponse, EndpointError>,
) -> Result<HttpResponse, EndpointError> {
    if let Err(refused) = &answered {
        op.incidents.note(refused.error.reason, endpoints::USERINFO, caller.now, String::new);
    }
    answered
}

async fn answer(
    request: &HttpRequest,
    op: &Op,
    caller: &Caller,
    form: Option<&Params<'_>>,
) -> Result<HttpResponse, EndpointError> {
    if form_urlencoded::parse(request.query_string().as_bytes()).any(|(n, _)| n == "access_token") {
        return Err(challenged(IN_QUERY));
    }
    let authorization = request.headers().get(header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.to_str().unwrap_or_default());
    let Some(token) = bearer::read(authorization, form).map_err(challenged)? else {
        return Ok(unauthenticated());
    };
    let inactive = || challenged(bearer::invalid_token(Reason::TokenInactive));
    let now = caller.now;
    let located = locate(op, token, now).filter(|located| located.kind == TokenKind::Access);
    let Some(located) = located else {
        op.throttles.unknown_token(caller.place, now).map_err(EndpointError::too_many)?;
        return Err(inactive());
    };
    let now = op.judged.time(located.stream, now);
    let family = op.facts.tokens(located.stream, Clone::clone).await?.ok_or_else(inactive)?;
    let token = family.access_token(&located.digest, now).ok_or_else(inactive)?;
    if !is_allowed(op, &family, now).await? {
        return Err(inactive());
    }
    userinfo::check(token.scope).map_err(challenged)?;
    let user = family.end_user().ok_or_else(inactive)?;
    let subject = op.facts.subject(user.subject).await?;
    let claims = people::claims(op, user.subject, &subject.view).await;
    let body = userinfo::answer(user.subject, &claims, token.scope, &op.rules);
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(body))
}

/// Without a token there is a challenge and no error code (RFC 6750 §3.1).
fn unauthenticated() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::WWW_AUTHENTICATE, bearer::challenge(None)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

fn challenged(error: OAuthError) -> EndpointError {
    let challenge = Some(bearer::challenge(Some(&error)));
    EndpointError { challenge, ..error.into() }
}
