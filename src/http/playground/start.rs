//! Begins a flow.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Digest;
use url::Url;

use super::{
    CLIENT_ID, Playground,
    flow::{Flow, Kind},
    provider::Provider,
    result,
    session::{Attempt, Ending, Tokens},
    steps::Step,
    visitor::Visitor,
};
use crate::{
    http::{
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
    },
    protocol::params::Params,
};

/// `POST /playground/start`.
pub(super) async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    playground: web::Data<Playground>,
    body: Body,
) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => start(&request, &op, &playground, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn start(
    request: &HttpRequest,
    op: &Op,
    playground: &Playground,
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    let visitor = Visitor::of(request, op);
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    visitor.check_form(op, &form)?;
    let flow = form
        .get("flow")
        .and_then(Flow::find)
        .ok_or(Trouble::BadRequest("the form names no flow"))?;
    let mut attempt = attempt(op, flow).await?;
    let location = match flow.kind {
        Kind::Service => {
            Step { op, playground, attempt: &mut attempt }.service().await?;
            result::path(&attempt)
        }
        Kind::WrongVerifier => request_uri(playground, &attempt, &[]).await?.into(),
        Kind::Browser(parameters) => request_uri(playground, &attempt, parameters).await?.into(),
    };
    playground.sessions.add(&visitor.key, attempt);
    Ok(pages::see_other(&location, &[]))
}

async fn attempt(op: &Op, flow: &'static Flow) -> Result<Attempt, Trouble> {
    let secret = || URL_SAFE_NO_PAD.encode(op.entropy().bytes::<32>());
    Ok(Attempt {
        id: URL_SAFE_NO_PAD.encode(op.entropy().bytes::<9>()),
        flow,
        position: op.facts.head().await?,
        state: Some(secret()),
        nonce: secret(),
        verifier: secret(),
        code: None,
        tokens: Tokens::default(),
        transaction: None,
        ending: Ending::default(),
        seen: Vec::new(),
        busy: false,
    })
}

/// The authorization request (RFC 6749 §4.1.1, OpenID Connect Core 1.0 §3.1.2.1, RFC 7636 §4.3).
async fn request_uri(
    playground: &Playground,
    attempt: &Attempt,
    parameters: &[(&str, &str)],
) -> Result<Url, Trouble> {
    let provider = Provider::discover(playground).await?;
    let api = playground.cast.resource_server.as_ref().map(|server| server.scope.as_str());
    let challenge = Digest::of(&[attempt.verifier.as_bytes()]).to_string();
    let mut uri = provider.metadata.authorization_endpoint;
    uri.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", CLIENT_ID)
        .append_pair("redirect_uri", &playground.redirect_uri())
        .append_pair("scope", &attempt.flow.scope(api))
        .append_pair("state", attempt.state.as_deref().unwrap_or_default())
        .append_pair("nonce", &attempt.nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(parameters);
    Ok(uri)
}
