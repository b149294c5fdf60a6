//! The sign-in page (OpenID Connect Core 1.0 §3.1.2.3).

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{
    Actor, Reason,
    factor::{Factor, Purpose},
    transaction::FactorVerified,
};

use super::{Interaction, Step as Page, finish};
use crate::{
    domain::transaction::Step,
    http::{
        authorize::by_session,
        body::{self, Body},
        factors::{self, Scene, passkey, password::Account},
        op::Op,
        pages::{self, Trouble},
        people,
        record::Pen,
    },
    protocol::{
        authorize::{
            next_step::{LoginReason, NextStep},
            respond,
        },
        error::{ErrorCode, OAuthError},
        params::Params,
        passkey::Ceremony,
        proofs::{Proofs, SecondStep, second_step},
    },
    ui::{
        ClientCard, Csp, Link, Login, LoginProblem, PasskeyButton, Reauthentication, SelectAccount,
    },
};

const CANCELLED: OAuthError = OAuthError::new(
    ErrorCode::AccessDenied,
    Reason::LoginCancelled,
    "the end-user cancelled signing in",
);

/// `GET /interaction/{handle}/login`.
pub async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    handle: web::Path<String>,
) -> HttpResponse {
    let shown = async {
        let interaction = Interaction::open(&op, &request, &handle).await?;
        let another = request.query_string() == "account=other";
        if !another && matches!(interaction.next(&op, None), NextStep::Consent { .. }) {
            return Ok(pages::see_other(&interaction.path(Page::Consent), &[]));
        }
        show(&op, &interaction, another, None).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /interaction/{handle}/login`.
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

/// A form that was sent in vain.
#[derive(Clone, Copy)]
struct Failed<'a> {
    problem: LoginProblem,
    /// What was typed as username; the password has to be typed again.
    username: &'a str,
}

async fn show(
    op: &Op,
    interaction: &Interaction,
    another: bool,
    failed: Option<Failed<'_>>,
) -> Result<HttpResponse, Trouble> {
    let problem = failed.map(|failed| failed.problem);
    let Some(metadata) = interaction.client.view.metadata.as_deref() else {
        return Err(Trouble::Expired);
    };
    let client = ClientCard::of(metadata);
    let mut csp = Csp::new().image(client.logo.as_ref());
    if let Some(redirect) = Link::redirect(&interaction.request.redirect_uri) {
        csp = csp.form_to(&redirect);
    }
    let action = interaction.path(Page::Login);
    let (frame, csrf) = (op.frame(), interaction.csrf.as_str());
    let reason = match (interaction.next(op, None), &interaction.session) {
        (NextStep::Login { reason }, _) => Some(reason),
        (_, Some(held)) if !another => {
            let person = people::person(op, held.get().subject).await?;
            let account = person.username.as_str();
            let shown = SelectAccount { frame, client, action: &action, csrf, account };
            return Ok(pages::page(StatusCode::OK, &shown, &csp));
        }
        _ => None,
    };
    let hint = match failed {
        None => {
            interaction.reveal(op, "login_hint", interaction.request.login_hint.as_ref()).await?
        }
        Some(failed) => Some(failed.username.chars().take(finish::USERNAME).collect()),
    };
    let known = match &interaction.session {
        Some(held) if hint.is_none() && !another && reason != Some(LoginReason::OtherSubject) => {
            Some(people::person(op, held.get().subject).await?.username)
        }
        _ => None,
    };
    let nonce = pages::nonce(op);
    let options = passkey::request(op, &ceremony(interaction), None).await?;
    let button = options.as_deref().map(|options| PasskeyButton { options, nonce: &nonce });
    if button.is_some() {
        csp = csp.script(&nonce);
    }
    let shown = Login {
        frame,
        client,
        action: &action,
        csrf,
        username: hint.as_deref().or(known.as_deref()).unwrap_or_default(),
        problem,
        passkey: button,
        reason: match reason {
            Some(LoginReason::Prompted) if interaction.session.is_some() => {
                Some(Reauthentication::Asked)
            }
            Some(LoginReason::TooOld) => Some(Reauthentication::TooOld),
            Some(LoginReason::TooWeak) => Some(Reauthentication::TooWeak),
            _ => None,
        },
    };
    Ok(pages::attempt(problem, &shown, &csp))
}

async fn act(
    request: &HttpRequest,
    op: &Op,
    handle: &str,
    form: &[u8],
) -> Result<HttpResponse, Trouble> {
    let interaction = Interaction::open(op, request, handle).await?;
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    interaction.check_form(op, request, &form, &interaction.csrf)?;
    match form.get("action") {
        Some("cancel") => cancel(op, &interaction).await,
        Some("other") => {
            let path = format!("{}?account=other", interaction.path(Page::Login));
            Ok(pages::see_other(&path, &[]))
        }
        Some("continue") => go_on(op, interaction).await,
        _ => match form.get("assertion").filter(|sent| !sent.is_empty()) {
            Some(response) => with_passkey(request, op, interaction, response).await,
            None => with_password(request, op, interaction, &form).await,
        },
    }
}

pub(super) async fn cancel(op: &Op, interaction: &Interaction) -> Result<HttpResponse, Trouble> {
    let target = interaction.target(op).await?;
    let key = interaction.key(op).await?;
    let steps = vec![Step::Deny(Reason::LoginCancelled)];
    let (caller, stream) = (&interaction.caller, interaction.stream);
    Pen { caller, stream, actor: &Actor::BROWSER, key: &key }.record(op, steps).await?;
    let answer = respond::error(target, &op.rules.issuer, &CANCELLED);
    Ok(interaction.send(op, &answer, &[]))
}

/// The end-user of the session goes on as who they are.
async fn go_on(op: &Op, interaction: Interaction) -> Result<HttpResponse, Trouble> {
    let Some(held) = &interaction.session else {
        let failed = Failed { problem: LoginProblem::SessionExpired, username: "" };
        return show(op, &interaction, false, Some(failed)).await;
    };
    if matches!(interaction.next(op, None), NextStep::Login { .. }) {
        return show(op, &interaction, false, None).await;
    }
    let key = op.privacy.data_key(held.get().subject.stream()).await?;
    let authenticated = by_session(held);
    finish::advance(op, interaction, authenticated, &key, Vec::new()).await
}

async fn with_password(
    request: &HttpRequest,
    op: &Op,
    interaction: Interaction,
    form: &Params<'_>,
) -> Result<HttpResponse, Trouble> {
    let username = form.get("username").unwrap_or_default();
    let password = form.get("password").unwrap_or_default();
    let account = Account::of(op, request, interaction.browser, username);
    let subject = match account.check(op, &interaction.caller, password).await? {
        Ok(subject) => subject,
        Err(refusal) => {
            finish::fail(op, &interaction, refusal.reason, Some(username)).await?;
            let problem = LoginProblem::of(refusal, LoginProblem::WrongCredentials);
            return show(op, &interaction, true, Some(Failed { problem, username })).await;
        }
    };
    let proofs = Proofs { password: true, ..Proofs::default() };
    let view = op.facts.subject(subject).await?;
    let enrolled = factors::enrolled(op, &view.view);
    match second_step(proofs, enrolled, &interaction.request.acr_values, &op.rules) {
        SecondStep::No => finish::signed_in(op, interaction, request, subject, proofs).await,
        SecondStep::Wanted | SecondStep::Required => {
            let verified = FactorVerified {
                subject,
                factor: Factor::Password,
                amr: proofs.amr(),
                verified_at: interaction.caller.now,
            };
            let key = interaction.key(op).await?;
            let (caller, stream) = (&interaction.caller, interaction.stream);
            let pen = Pen { caller, stream, actor: &Actor::BROWSER, key: &key };
            pen.record(op, vec![Step::VerifyFactor(verified)]).await?;
            Ok(pages::see_other(&interaction.path(Page::SecondFactor), &[]))
        }
    }
}

async fn with_passkey(
    request: &HttpRequest,
    op: &Op,
    interaction: Interaction,
    response: &str,
) -> Result<HttpResponse, Trouble> {
    let ceremony = ceremony(&interaction);
    let (caller, transaction) = (&interaction.caller, Some(interaction.stream));
    let purpose = Purpose::SignIn;
    let scene = Scene { caller, transaction, purpose, known_browser: None };
    match passkey::prove(op, scene, &ceremony, None, response).await? {
        Ok(proof) => {
            let proofs = Proofs { passkey: Some(proof.passkey), ..Proofs::default() };
            finish::signed_in(op, interaction, request, proof.subject, proofs).await
        }
        Err(refusal) => {
            finish::fail(op, &interaction, refusal.reason, None).await?;
            let problem = LoginProblem::of(refusal, LoginProblem::PasskeyRefused);
            show(op, &interaction, true, Some(Failed { problem, username: "" })).await
        }
    }
}

fn ceremony(interaction: &Interaction) -> Ceremony {
    let Interaction { browser, stream, .. } = *interaction;
    Ceremony::SignIn { browser, transaction: Some(stream) }
}
