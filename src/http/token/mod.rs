//! The token endpoint (RFC 6749 §3.2). Authenticate, check, record, then mint: what a client gets was
//! durable before.

mod approval;
mod authorization_code;
mod ciba;
mod client_credentials;
mod device_code;
pub(in crate::http) mod mint;
mod refresh_token;

use actix_web::{HttpRequest, HttpResponse, http::header, web};
use moneta_events::Reason;

use super::{
    body::{self, Body},
    caller::Caller,
    client,
    error::EndpointError,
    op::Op,
};
use crate::protocol::{
    endpoints,
    params::Params,
    token::{self, TokenRequest, TokenResponse},
};

pub(super) use mint::{Beside, FrontChannelDraft, Grant, jti_digest};

/// `POST /token`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    body: Body,
) -> Result<HttpResponse, EndpointError> {
    let caller = Caller::of(&request, &op);
    let answered = answer(&request, &op, &caller, body).await;
    // To have to wait is no refusal.
    if let Err(refused) = &answered
        && refused.error.reason != Reason::ApprovalPending
    {
        op.incidents.note(refused.error.reason, endpoints::TOKEN, caller.now, String::new);
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
    let asked = token::read(&form, &client, &op.rules, &|identifier| op.is_resource(identifier))?;
    let minted = match asked {
        TokenRequest::AuthorizationCode(asked) => {
            authorization_code::redeem(op, caller, &client, &asked).await?
        }
        TokenRequest::RefreshToken(asked) => {
            refresh_token::rotate(op, caller, &client, &asked).await?
        }
        TokenRequest::ClientCredentials(asked) => {
            client_credentials::grant(op, caller, &client, asked).await?
        }
        TokenRequest::DeviceCode(asked) => device_code::redeem(op, caller, &client, &asked).await?,
        TokenRequest::Ciba(asked) => ciba::redeem(op, caller, &client, &asked).await?,
    };
    let body = TokenResponse::bearer(&minted.access_token, minted.expires_in, &minted.scope)
        .with(minted.refresh_token.as_deref(), minted.id_token.as_deref());
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::PRAGMA, "no-cache"))
        .json(body))
}
