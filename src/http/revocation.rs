//! The revocation endpoint (RFC 7009).

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use moneta_events::{Actor, token::RevocationCause};

use super::{
    body::{self, Body},
    caller::Caller,
    client,
    error::EndpointError,
    op::Op,
    tokens::{Located, TokenKind, locate},
};
use crate::{
    engine::{facts::client_stream, order::Failure},
    protocol::{client_auth::AuthenticatedClient, endpoints, params::Params, revocation},
};

/// `POST /revoke`. The answer 200 means that it is done, durably.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = answer(&request, &op, &caller, body).await;
    if let Err(refused) = &answered {
        op.incidents.note(refused.error.reason, endpoints::REVOCATION, caller.now, String::new);
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
    let token = revocation::read(&form)?;
    if let Some(located) = locate(op, token, caller.now) {
        revoke(op, caller, &client, located).await?;
    }
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).finish())
}

async fn revoke(
    op: &Op,
    caller: &Caller,
    client: &AuthenticatedClient<'_>,
    located: Located,
) -> Result<(), EndpointError> {
    let owner = op
        .facts
        .tokens(located.stream, |family| family.terms().map(|t| t.client_id.clone()))
        .await?;
    let Some(owner) = owner.flatten() else { return Ok(()) };
    revocation::check_owner(client, &owner)?;
    // A refresh token takes all tokens of its grant with it (RFC 7009 §2.1).
    let only = (located.kind == TokenKind::Access).then_some(located.digest);
    let cause = RevocationCause::Client;
    let stream = located.stream;
    let key = op.privacy.data_key(client_stream(client.id().as_str())).await?;
    let context = caller.context(op, stream, Actor::client(client.id()), &key);
    let id = op.entropy().uuid(caller.now);
    match op.grants.revoke(stream, (only, cause), id, context).await {
        // Nothing was issued, so nothing is left to revoke.
        Ok(_) | Err(Failure::Refused(_)) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}
