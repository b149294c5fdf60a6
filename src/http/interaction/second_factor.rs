//! The second step of signing in: a one-time code or a passkey, once the password was right.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use moneta_events::{
    factor::{Factor, Purpose},
    transaction::FactorVerified,
};

use super::{Interaction, Step as Page, finish, login};
use crate::{
    http::{
        body::{self, Body},
        factors::{self, Scene, passkey, password::Account, totp::totp},
        op::Op,
        pages::{self, Trouble},
        people,
    },
    protocol::{
        params::Params,
        passkey::Ceremony,
        proofs::{Enrolled, Proofs, SecondStep, second_step},
    },
    ui::{ClientCard, Csp, Link, LoginProblem, PasskeyButton, SecondFactor},
};

/// `GET /interaction/{handle}/second-factor`.
pub async fn get(
    request: HttpRequest,
    op: web::Data<Op>,
    handle: web::Path<String>,
) -> HttpResponse {
    let shown = async {
        let interaction = Interaction::open(&op, &request, &handle).await?;
        match Begun::of(&op, &interaction).await? {
            Some(begun) => show(&op, &interaction, &begun, None).await,
            None => Ok(pages::see_other(&interaction.path(Page::Login), &[])),
        }
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /interaction/{handle}/second-factor`.
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

/// A sign-in whose first step is done.
struct Begun {
    first: Arc<FactorVerified>,
    proofs: Proofs,
    enrolled: Enrolled,
    /// Whether it can be finished without a second step.
    optional: bool,
}

impl Begun {
    /// The first step on record, if it still counts.
    async fn of(op: &Op, interaction: &Interaction) -> Result<Option<Self>, Trouble> {
        let Some(first) = interaction.state.verified.clone() else { return Ok(None) };
        let view = op.facts.subject(first.subject).await?;
        let changed = view.view.credential_changed_at;
        if !view.view.enabled || changed.is_some_and(|at| at > first.verified_at) {
            return Ok(None);
        }
        let proofs = Proofs { password: first.factor == Factor::Password, ..Proofs::default() };
        let enrolled = factors::enrolled(op, &view.view);
        let step = second_step(proofs, enrolled, &interaction.request.acr_values, &op.rules);
        let optional = step != SecondStep::Required;
        Ok(Some(Self { first, proofs, enrolled, optional }))
    }

    fn ceremony(&self, interaction: &Interaction) -> Ceremony {
        let Interaction { browser, stream, .. } = *interaction;
        let subject = self.first.subject;
        Ceremony::SecondFactor { browser, transaction: Some(stream), subject }
    }
}

async fn show(
    op: &Op,
    interaction: &Interaction,
    begun: &Begun,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, Trouble> {
    let Some(metadata) = interaction.client.view.metadata.as_deref() else {
        return Err(Trouble::Expired);
    };
    let client = ClientCard::of(metadata);
    let mut csp = Csp::new().image(client.logo.as_ref());
    if let Some(redirect) = Link::redirect(&interaction.request.redirect_uri) {
        csp = csp.form_to(&redirect);
    }
    let nonce = pages::nonce(op);
    let ceremony = begun.ceremony(interaction);
    let options = if begun.enrolled.passkeys {
        passkey::request(op, &ceremony, Some(begun.first.subject)).await?
    } else {
        None
    };
    let button = options.as_deref().map(|options| PasskeyButton { options, nonce: &nonce });
    if button.is_some() {
        csp = csp.script(&nonce);
    }
    let shown = SecondFactor {
        frame: op.frame(),
        client: Some(client),
        action: &interaction.path(Page::SecondFactor),
        csrf: &interaction.csrf,
        totp: begun.enrolled.totp,
        passkey: button,
        optional: begun.optional,
        problem,
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
    let action = form.get("action");
    if action == Some("cancel") {
        return login::cancel(op, &interaction).await;
    }
    let Some(begun) = Begun::of(op, &interaction).await? else {
        return Ok(pages::see_other(&interaction.path(Page::Login), &[]));
    };
    let (subject, mut proofs) = (begun.first.subject, begun.proofs);
    let (caller, transaction) = (&interaction.caller, Some(interaction.stream));
    let username = people::person(op, subject).await?.username;
    let known_browser = Account::of(op, request, interaction.browser, &username).known;
    let scene = Scene { caller, transaction, purpose: Purpose::SecondFactor, known_browser };
    let refusal = if action == Some("skip") && begun.optional {
        None
    } else if let Some(response) = form.get("assertion").filter(|sent| !sent.is_empty()) {
        let ceremony = begun.ceremony(&interaction);
        match passkey::prove(op, scene, &ceremony, Some(subject), response).await? {
            Ok(proof) => {
                proofs.passkey = Some(proof.passkey);
                None
            }
            Err(refusal) => Some((refusal, LoginProblem::PasskeyRefused)),
        }
    } else {
        let code = form.get("otp").unwrap_or_default();
        proofs.totp = true;
        let checked = totp(op, scene, subject, code).await?;
        checked.err().map(|refusal| (refusal, LoginProblem::of_code(refusal)))
    };
    if let Some((refusal, problem)) = refusal {
        finish::fail(op, &interaction, refusal.reason, None).await?;
        let problem = LoginProblem::of(refusal, problem);
        return show(op, &interaction, &begun, Some(problem)).await;
    }
    finish::signed_in(op, interaction, request, subject, proofs).await
}
