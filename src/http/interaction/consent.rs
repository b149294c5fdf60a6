//! The consent page (OpenID Connect Core 1.0 §3.1.2.4).

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{
    Actor, Reason, Scope,
    transaction::{ConsentBasis, Consented, ShownConsent, ShownScope},
};
use serde_json::{Map, Value};

use super::{Interaction, Step as Page};
use crate::{
    domain::{
        consent::{Command, Consent as Remembered},
        transaction::Step,
    },
    engine::{facts::consent_stream, order::Order},
    http::{
        authorize::{by_session, refusal},
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
        people,
        record::Pen,
        session::LiveSession,
    },
    protocol::{
        authorize::{next_step::NextStep, respond},
        claims,
        client::is_assured,
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    ui::{ClaimLine, ClientCard, Consent, Csp, Link, ScopeLine},
};

const DENIED: OAuthError = OAuthError::new(
    ErrorCode::AccessDenied,
    Reason::ConsentDenied,
    "the end-user denied the request",
);

/// `GET /interaction/{handle}/consent`.
pub async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    handle: web::Path<String>,
) -> HttpResponse {
    show(&request, &op, &handle).await.unwrap_or_else(|trouble| trouble.response(&op))
}

/// `POST /interaction/{handle}/consent`.
pub async fn post(
    request: HttpRequest,
    op: web::Data<Op>,
    handle: web::Path<String>,
    body: Body,
) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => act(&request, &op, &handle, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

/// The scope the page asks for, with the session it asks; or where to go instead.
fn asked<'i>(
    op: &Op,
    interaction: &'i Interaction,
) -> Result<(&'i LiveSession, Scope), Box<HttpResponse>> {
    let elsewhere = || Box::new(pages::see_other(&interaction.path(Page::Login), &[]));
    let Some(held) = &interaction.session else { return Err(elsewhere()) };
    match interaction.next(op, None) {
        NextStep::Consent { scope } | NextStep::Issue { scope, .. } => Ok((held, scope)),
        NextStep::Login { .. } | NextStep::SelectAccount | NextStep::Refuse(_) => Err(elsewhere()),
    }
}

async fn show(request: &HttpRequest, op: &Op, handle: &str) -> Result<HttpResponse, Trouble> {
    let interaction = Interaction::open(op, request, handle).await?;
    let (held, scope) = match asked(op, &interaction) {
        Ok(asked) => asked,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    let Some(metadata) = interaction.client.view.metadata.as_deref() else {
        return Err(Trouble::Expired);
    };
    let Some(redirect) = Link::redirect(&interaction.request.redirect_uri) else {
        return Err(Trouble::BadRequest("the redirect_uri is not an address to answer to"));
    };
    let person = people::person(op, held.get().subject).await?;
    let scopes = scope.iter().map(|token| line(op, token, &person.claims)).collect();
    let client = ClientCard::of(metadata);
    let csp = Csp::new().form_to(&redirect).image(client.logo.as_ref());
    let action = interaction.path(Page::Consent);
    let csrf = interaction.consent_csrf(op, held);
    let shown = Consent {
        frame: op.frame(),
        client,
        action: &action,
        csrf: &csrf,
        account: &person.username,
        scopes,
        redirect,
        may_remember: is_assured(metadata, &interaction.request),
    };
    Ok(pages::page(StatusCode::OK, &shown, &csp))
}

/// What a page says about a scope token, with the claims it would release.
pub fn line<'a>(op: &'a Op, token: &'a str, claims: &Map<String, Value>) -> ScopeLine<'a> {
    let names = claims::released(&op.rules, &Scope::parse(token));
    let selected = claims::select(claims, &names);
    let claims = names.iter().filter_map(|name| {
        let value = match selected.get(*name)? {
            Value::String(text) => text.clone(),
            Value::Object(members) => {
                members.values().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        };
        Some(ClaimLine { name, value })
    });
    ScopeLine { sentence: sentence(op, token), claims: claims.collect() }
}

/// The sentence for a scope token.
pub fn sentence<'a>(op: &'a Op, token: &'a str) -> &'a str {
    op.terms.scope_texts.iter().find(|(name, _)| name == token).map_or(token, |(_, text)| text)
}

async fn act(
    request: &HttpRequest,
    op: &Op,
    handle: &str,
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    let interaction = Interaction::open(op, request, handle).await?;
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    let (held, scope) = match asked(op, &interaction) {
        Ok(asked) => asked,
        Err(elsewhere) => return Ok(*elsewhere),
    };
    interaction.check_form(op, request, &form, &interaction.consent_csrf(op, held))?;
    let subject = held.get().subject;
    let actor = Actor::user(subject);
    let key = op.privacy.data_key(subject.stream()).await?;
    let target = interaction.target(op).await?;
    let (caller, stream) = (&interaction.caller, interaction.stream);
    let allows = match form.get("action") {
        // The main button of a form needs no name; only the token of this form and browser gets here.
        None | Some("allow") => true,
        Some("deny") => false,
        _ => return Err(Trouble::BadRequest("the form does not say what was decided")),
    };
    let mut steps = Vec::new();
    let is_known = interaction.authenticated().is_some();
    let authenticated = match interaction.authenticated() {
        Some(known) => Arc::clone(known),
        None => interaction.take_over(op, by_session(held), &key).await?,
    };
    if !is_known {
        steps.push(Step::Authenticate(Arc::clone(&authenticated)));
    }
    let pen = Pen { caller, stream, actor: &actor, key: &key };
    let next = if allows { interaction.next(op, Some(&scope)) } else { NextStep::Refuse(DENIED) };
    let answer = match next {
        NextStep::Issue { scope, .. } => {
            let shown = Some(shown(op, &interaction, &scope));
            let consent = Consented { scope: scope.clone(), basis: ConsentBasis::Asked, shown };
            let granting = interaction.granting(&authenticated, consent, target)?;
            let issued = pen.issue(op, steps, granting).await?;
            if issued.granted && form.get("remember").is_some() {
                remember(op, &interaction, held, scope, actor.clone(), &key).await?;
            }
            issued.answer
        }
        NextStep::Refuse(error) => {
            steps.push(match error.reason {
                Reason::ConsentDenied => Step::Deny(error.reason),
                _ => Step::Refuse(refusal(&interaction.request, &error)),
            });
            pen.record(op, steps).await?;
            respond::error(target, &op.rules.issuer, &error)
        }
        NextStep::Login { .. } | NextStep::SelectAccount | NextStep::Consent { .. } => {
            return Ok(pages::see_other(&interaction.path(Page::Login), &[]));
        }
    };
    if !is_known {
        interaction.let_go_of_key(op).await;
    }
    Ok(interaction.send(op, &answer, &[]))
}

/// What the page showed, as evidence.
fn shown(op: &Op, interaction: &Interaction, scope: &Scope) -> ShownConsent {
    let line =
        |token: &str| ShownScope { scope: token.to_owned(), text: sentence(op, token).to_owned() };
    ShownConsent {
        client_name: interaction.client_name().to_owned(),
        scopes: scope.iter().map(line).collect(),
        locale: "en".to_owned(),
    }
}

async fn remember(
    op: &Op,
    interaction: &Interaction,
    held: &LiveSession,
    scope: Scope,
    actor: Actor,
    key: &crate::engine::privacy::DataKey,
) -> Result<(), Trouble> {
    let (subject, client_id) = (held.get().subject, interaction.request.client_id.clone());
    let stream = consent_stream(subject, &client_id);
    let mut context = interaction.caller.context(op, stream, actor, key);
    context.transaction = Some(interaction.stream);
    context.correlation = interaction.stream.uuid;
    let order = Order::<Remembered> {
        id: op.entropy().uuid(interaction.caller.now),
        command: Command::Grant { subject, client_id, scope },
        context,
    };
    op.ledger.tell(stream, &order).await?;
    Ok(())
}
