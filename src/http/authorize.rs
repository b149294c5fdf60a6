//! The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core 1.0 §3.1.2).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use moneta_events::{
    Actor, Category, Scope, StreamId,
    transaction::{Authenticated, AuthenticationMethod, Consented, Refused, Requested},
};
use moneta_projections::{client::ClientView, view::Folded};

use super::{
    answer,
    body::{self, Body},
    browser,
    caller::Caller,
    interaction::{self, Step as Page},
    issue::Granting,
    op::Op,
    pages::{self, Trouble},
    record::Pen,
    session::{self, LiveSession},
};
use crate::{
    domain::transaction::Step,
    engine::facts::client_stream,
    jose::{Purpose, verify},
    protocol::{
        authorize::{
            self, AuthorizationRequest, AuthorizeError, Facts, ResponseTarget,
            id_token_hint::HintClaims,
            next_step::{NextStep, Progress, Standing, next_step},
            respond,
        },
        client::ClientFacts,
        endpoints,
        error::OAuthError,
        params::Params,
    },
};

/// `GET /authorize`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let query = request.query_string().to_owned();
    authorize(&request, &op, query.as_bytes()).await.unwrap_or_else(|trouble| trouble.response(&op))
}

/// `POST /authorize`: the same in a form (OpenID Connect Core 1.0 §3.1.2.1).
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => authorize(&request, &op, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

async fn authorize(
    request: &HttpRequest,
    op: &Op,
    encoded: &[u8],
) -> Result<HttpResponse, Trouble> {
    let caller = Caller::of(request, op);
    let params = match Params::read(encoded) {
        Ok(params) => params,
        Err(cause) => return Err(turned_away(op, &caller, &Params::default(), &cause.into())),
    };
    let client = match params.get("client_id") {
        Some(client_id) => Some(op.facts.client(client_id).await?),
        None => None,
    };
    let known = client.as_deref().and_then(client_facts);
    let hint = params.get("id_token_hint").zip(known).and_then(|(token, client)| {
        let client_id = client.metadata.client_id.as_str();
        let purpose = Purpose::id_token_hint(&op.rules.issuer, client_id);
        verify(token, &purpose, &**op.signing.keys(), caller.now).ok()
    });
    let hint = hint.as_ref().map(|claims| HintClaims {
        issuer: &op.rules.issuer,
        subject: claims.subject(),
        audience: claims.audience(),
    });
    let facts =
        Facts { client: known, hint, is_resource: &|identifier| op.is_resource(identifier) };
    let checked = authorize::check(&params, &facts, &op.rules);
    let (Some(client), Some(known)) = (&client, known) else {
        let refusal = checked.err().unwrap_or(AuthorizeError::Page {
            reason: moneta_events::Reason::ClientUnknown,
            description: "the client_id is unknown",
        });
        return Err(turned_away(op, &caller, &params, &refusal));
    };
    match checked {
        Ok(accepted) => begin(request, op, &caller, client, accepted).await,
        Err(AuthorizeError::Redirect { target, error }) => {
            refuse(op, &caller, &known, target, error).await
        }
        Err(refusal) => Err(turned_away(op, &caller, &params, &refusal)),
    }
}

/// What the rules know of a client that exists.
pub(super) fn client_facts(client: &Folded<ClientView>) -> Option<ClientFacts<'_>> {
    let metadata = client.view.metadata.as_deref().filter(|_| !client.view.deleted)?;
    Some(ClientFacts {
        metadata,
        secrets: &client.view.secrets,
        enabled: client.view.enabled,
        revision: client.next_revision.saturating_sub(1),
    })
}

/// Nothing may be sent anywhere: a page, and a counter.
fn turned_away(op: &Op, caller: &Caller, params: &Params<'_>, refusal: &AuthorizeError) -> Trouble {
    let (reason, description) = match refusal {
        AuthorizeError::Page { reason, description } => (*reason, *description),
        AuthorizeError::Redirect { error, .. } => (error.reason, error.description),
    };
    op.incidents.note(reason, endpoints::AUTHORIZATION, caller.now, || {
        let part =
            |name| params.get(name).unwrap_or_default().chars().take(200).collect::<String>();
        format!("client_id={} redirect_uri={}", part("client_id"), part("redirect_uri"))
    });
    Trouble::BadRequest(description)
}

/// A request that client and redirect URI are good of, but nothing else: on record, and answered.
async fn refuse(
    op: &Op,
    caller: &Caller,
    client: &ClientFacts<'_>,
    target: ResponseTarget,
    error: OAuthError,
) -> Result<HttpResponse, Trouble> {
    make_room(op, caller)?;
    let stream = StreamId::new(Category::Transaction, op.entropy().uuid(caller.now));
    let refused = Refused {
        client_id: client.metadata.client_id.clone(),
        redirect_uri: target.redirect_uri.clone(),
        error: error.code.as_str().to_owned(),
        reason: error.reason,
    };
    // Nobody will ever be known here, so there is nobody else whose key it could be.
    let key = op.privacy.data_key(client_stream(client.metadata.client_id.as_str())).await?;
    let pen = Pen { caller, stream, actor: &Actor::BROWSER, key: &key };
    pen.record(op, vec![Step::Refuse(refused)]).await?;
    let answer = respond::error(target, &op.rules.issuer, &error);
    Ok(answer::send(op, client.metadata.display_name(), &answer, &[]))
}

/// Begins a transaction and goes as far as it can without a page.
async fn begin(
    request: &HttpRequest,
    op: &Op,
    caller: &Caller,
    client: &Folded<ClientView>,
    accepted: AuthorizationRequest,
) -> Result<HttpResponse, Trouble> {
    let Some(metadata) = client.view.metadata.as_deref() else { return Err(Trouble::NotFound) };
    let held = session::live(op, request, caller.now).await?;
    let remembered = match &held {
        Some(held) => {
            let subject = held.get().subject;
            op.facts
                .consent(subject, &accepted.client_id)
                .await?
                .view
                .scope
                .clone()
                .unwrap_or_default()
        }
        None => Scope::default(),
    };
    let stream = StreamId::new(Category::Transaction, op.entropy().uuid(caller.now));
    let (state, login_hint) = (accepted.state.clone(), accepted.login_hint.clone());
    let target = accepted.target();
    let expires_at = caller.now.plus_seconds(op.rules.lifetimes.transaction.into());
    let mut requested = accepted.into_event(None, None, None, expires_at);
    let standing = Standing {
        session: held.as_ref().map(LiveSession::facts),
        remembered: &remembered,
        progress: Progress::default(),
        now: caller.now,
    };
    let next = next_step(&requested, metadata, &op.rules, &standing);
    // Somebody who is signed in and needs no page is no stranger, and leaves nothing open.
    if !matches!(next, NextStep::Issue { .. }) {
        make_room(op, caller)?;
    }
    // Known for good, the end-user owns the personal fields at once; else the transaction does for now.
    let owner = match (&next, &held) {
        (NextStep::Issue { .. } | NextStep::Refuse(_), Some(held)) => held.get().subject.stream(),
        (NextStep::Refuse(_), None) => client_stream(metadata.client_id.as_str()),
        _ => stream,
    };
    let key = op.privacy.data_key(owner).await?;
    let seal = |field: &str, text: Option<String>| {
        text.map(|text| {
            key.seal(stream, "transaction.requested", field, text.as_bytes(), op.entropy())
        })
    };
    requested.state = seal("state", state);
    requested.login_hint = seal("login_hint", login_hint);
    let name = metadata.display_name();
    let pen = Pen { caller, stream, actor: &Actor::BROWSER, key: &key };
    match (next, held) {
        (NextStep::Issue { scope, basis }, Some(held)) => {
            let (requested, known) = (Arc::new(requested), Arc::new(by_session(&held)));
            let steps =
                vec![Step::Request(Arc::clone(&requested)), Step::Authenticate(Arc::clone(&known))];
            let actor = Actor::user(held.get().subject);
            let granting = Granting {
                client: metadata,
                requested: &requested,
                authenticated: &known,
                consent: Consented { scope, basis, shown: None },
                target,
            };
            let issued = Pen { actor: &actor, ..pen }.issue(op, steps, granting).await?;
            Ok(answer::send(op, name, &issued.answer, &[]))
        }
        (NextStep::Refuse(error), _) => {
            let refused = refusal(&requested, &error);
            let steps = vec![Step::Request(Arc::new(requested)), Step::Refuse(refused)];
            pen.record(op, steps).await?;
            let answer = respond::error(target, &op.rules.issuer, &error);
            Ok(answer::send(op, name, &answer, &[]))
        }
        (NextStep::Consent { .. }, _) => {
            open_page(request, op, pen, requested, Page::Consent).await
        }
        (NextStep::Login { .. } | NextStep::SelectAccount | NextStep::Issue { .. }, _) => {
            open_page(request, op, pen, requested, Page::Login).await
        }
    }
}

fn make_room(op: &Op, caller: &Caller) -> Result<(), Trouble> {
    if op.transactions.live() >= op.terms.live_transactions {
        return Err(Trouble::Busy { retry_after: 2, too_many: false });
    }
    op.throttles
        .authorize(caller.place, caller.now)
        .map_err(|retry_after| Trouble::Busy { retry_after, too_many: true })
}

/// The event of an end-user who is known by a live session.
pub(super) fn by_session(held: &LiveSession) -> Authenticated {
    let session = held.get();
    Authenticated {
        subject: session.subject,
        session: held.stream,
        auth_time: session.auth_time,
        acr: session.acr.to_string(),
        amr: session.amr.to_vec(),
        method: AuthenticationMethod::Session,
        transaction_key: None,
    }
}

/// What goes on record of an answer with an error.
pub(super) fn refusal(requested: &Requested, error: &OAuthError) -> Refused {
    Refused {
        client_id: requested.client_id.clone(),
        redirect_uri: requested.redirect_uri.clone(),
        error: error.code.as_str().to_owned(),
        reason: error.reason,
    }
}

async fn open_page(
    request: &HttpRequest,
    op: &Op,
    pen: Pen<'_>,
    mut requested: Requested,
    page: Page,
) -> Result<HttpResponse, Trouble> {
    let stream = pen.stream;
    let (digest, remembered) = browser::of_or_new(op, request);
    requested.browser = Some(digest);
    let steps = vec![Step::Request(Arc::new(requested))];
    pen.record(op, steps).await?;
    Ok(pages::see_other(&interaction::path(op, stream, page), &[remembered]))
}
