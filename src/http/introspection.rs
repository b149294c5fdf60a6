//! The introspection endpoint (RFC 7662).

use actix_web::{HttpRequest, HttpResponse, http::header, web};

use super::{
    body::{self, Body},
    caller::Caller,
    client,
    error::EndpointError,
    op::Op,
    tokens::{TokenKind, is_allowed, locate},
};
use crate::protocol::{
    client_auth::AuthenticatedClient,
    endpoints,
    introspection::{self, Introspection, TokenFacts},
    params::Params,
};

/// `POST /introspect`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = answer(&request, &op, &caller, body).await;
    if let Err(refused) = &answered {
        op.incidents.note(refused.error.reason, endpoints::INTROSPECTION, caller.now, String::new);
    }
    answered
}

async fn answer(
    request: &HttpRequest,
    op: &Op,
    caller: &Caller,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let form = body::form(request, body)?;
    let form = Params::read_form(&form)?;
    let presented = client::look_up(request, op, &form).await?;
    let client = presented.authenticate(op, caller).await?;
    introspection::check_caller(&client)?;
    let token = introspection::read(&form)?;
    let told = tell(op, caller, &client, token).await?;
    let body = told.unwrap_or_else(|| INACTIVE.to_owned());
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(body))
}

const INACTIVE: &str = r#"{"active":false}"#;

/// The answer about a token that works and is the caller's business.
async fn tell(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    token: &str,
) -> Result<Option<String>, EndpointError> {
    let Some(located) = locate(op, token, caller.now) else {
        // Nobody who was given a token gets here; somebody who makes them up does.
        op.throttles.unknown_token(caller.place, caller.now).map_err(EndpointError::too_many)?;
        return Ok(None);
    };
    let now = op.judged.time(located.stream, caller.now);
    let Some(family) = op.facts.tokens(located.stream, Clone::clone).await? else {
        return Ok(None);
    };
    let found = match located.kind {
        TokenKind::Access => family.access_token(&located.digest, now).map(|token| {
            (token.terms, token.scope, token.audience, Some(token.issued_at), token.expires_at)
        }),
        TokenKind::Refresh => family.refresh_token(&located.digest, now).map(|token| {
            (token.terms, &token.terms.scope, &*token.terms.audience, None, token.expires_at)
        }),
    };
    let Some((terms, scope, audience, issued_at, expires_at)) = found else { return Ok(None) };
    if !introspection::may_see(client, &terms.client_id, audience)
        || !is_allowed(op, &family, now).await?
    {
        return Ok(None);
    }
    let subject = family.end_user().map(|user| user.subject.to_string());
    let facts = TokenFacts {
        scope,
        client_id: &terms.client_id,
        token_type: (located.kind == TokenKind::Access).then_some("Bearer"),
        exp: expires_at.as_seconds(),
        iat: issued_at.map(moneta_events::Timestamp::as_seconds),
        sub: subject.as_deref().unwrap_or(terms.client_id.as_str()),
        aud: audience,
        iss: &op.rules.issuer,
    };
    Ok(serde_json::to_string(&Introspection::active(facts)).ok())
}
