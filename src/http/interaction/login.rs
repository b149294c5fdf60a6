//! The sign-in page (OpenID Connect Core 1.0 §3.1.2.3).

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, header},
    web,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{
    Actor, Reason, StreamId, SubjectId,
    transaction::{Authenticated, AuthenticationMethod, Consented},
};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{Interaction, Step as Page};
use crate::{
    domain::transaction::Step,
    engine::privacy::DataKey,
    http::{
        authorize::{BROWSER_LIFETIME, by_session, refusal},
        body::{self, Body},
        caller::{CookieNames, cookie},
        op::Op,
        pages::{self, Trouble},
        people,
        record::Pen,
        session::{self, Evidence},
    },
    ports::passwords::PasswordError,
    protocol::{
        authorize::{
            next_step::{LoginReason, NextStep},
            respond,
        },
        error::{ErrorCode, OAuthError},
        params::Params,
    },
    ui::{ClientCard, Csp, Link, Login, LoginProblem, Reauthentication, SelectAccount},
};

const CANCELLED: OAuthError = OAuthError::new(
    ErrorCode::AccessDenied,
    Reason::LoginCancelled,
    "the end-user cancelled signing in",
);

/// Characters kept of what was typed as username.
const USERNAME: usize = 200;

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
        Some(failed) => Some(failed.username.chars().take(USERNAME).collect()),
    };
    let known = match &interaction.session {
        Some(held) if hint.is_none() && !another && reason != Some(LoginReason::OtherSubject) => {
            Some(people::person(op, held.get().subject).await?.username)
        }
        _ => None,
    };
    let shown = Login {
        frame,
        client,
        action: &action,
        csrf,
        username: hint.as_deref().or(known.as_deref()).unwrap_or_default(),
        problem,
        reason: match reason {
            Some(LoginReason::Prompted) if interaction.session.is_some() => {
                Some(Reauthentication::Asked)
            }
            Some(LoginReason::TooOld | LoginReason::TooWeak) => Some(Reauthentication::TooOld),
            _ => None,
        },
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(LoginProblem::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut response = pages::page(status, &shown, &csp);
    if let Some(LoginProblem::Throttled { retry_after }) = problem
        && let Ok(value) = header::HeaderValue::from_str(&retry_after.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    Ok(response)
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
        _ => with_password(request, op, interaction, &form).await,
    }
}

async fn cancel(op: &Op, interaction: &Interaction) -> Result<HttpResponse, Trouble> {
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
    advance(op, interaction, authenticated, &key, Vec::new()).await
}

async fn with_password(
    request: &HttpRequest,
    op: &Op,
    interaction: Interaction,
    form: &Params<'_>,
) -> Result<HttpResponse, Trouble> {
    let caller = &interaction.caller;
    let username = form.get("username").unwrap_or_default();
    let account = op.usernames.stream(username);
    let names = CookieNames::new(op.terms.secure);
    let mark = known_mark(op, &interaction, account);
    let is_known = cookie(request, names.known())
        .is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(mark.as_bytes())));
    let browser = is_known.then_some(interaction.browser.0);
    if let Err(retry_after) = op.throttles.password(account, browser, caller.place, caller.now) {
        fail(op, &interaction, Reason::Throttled, username).await?;
        let failed = Failed { problem: LoginProblem::Throttled { retry_after }, username };
        return show(op, &interaction, true, Some(failed)).await;
    }
    let password = form.get("password").unwrap_or_default();
    let subject = match check(op, account, password).await? {
        Ok(subject) => subject,
        Err(reason) => {
            fail(op, &interaction, reason, username).await?;
            let failed = Failed { problem: LoginProblem::WrongCredentials, username };
            return show(op, &interaction, true, Some(failed)).await;
        }
    };
    op.throttles.password_was_right(account, browser, caller.place);
    let amr = vec!["pwd".to_owned()];
    let acr = op.rules.acr_reached(&amr).unwrap_or("0").to_owned();
    let evidence = Evidence { subject, acr, amr };
    let key = op.privacy.data_key(subject.stream()).await?;
    let held = interaction.session.as_ref();
    let signed_in = session::sign_in(op, caller, held, &evidence, &key, interaction.stream).await?;
    let authenticated = Authenticated {
        subject,
        session: signed_in.stream,
        auth_time: caller.now,
        acr: evidence.acr,
        amr: evidence.amr,
        method: AuthenticationMethod::Password,
        transaction_key: None,
    };
    let cookies = vec![signed_in.cookie, names.set(names.known(), &mark, BROWSER_LIFETIME)];
    advance(op, interaction, authenticated, &key, cookies).await
}

/// Whose the username and password are. Takes as long for a name nobody has.
async fn check(
    op: &Op,
    account: StreamId,
    password: &str,
) -> Result<Result<SubjectId, Reason>, Trouble> {
    let holder = op.facts.username(account).await?.view.holder;
    let subject = match holder {
        Some(subject) => Some((subject, op.facts.subject(subject).await?)),
        None => None,
    };
    let phc = match &subject {
        Some((id, view)) => people::password(op, *id, &view.view).await,
        None => None,
    };
    let password = Zeroizing::new(password.to_owned());
    let right = match op.passwords.verify(password, phc.as_ref().map(|phc| phc.as_str())).await {
        Ok(right) => right,
        Err(PasswordError::TooLong) => false,
        Err(PasswordError::Busy) => {
            return Err(Trouble::Busy { retry_after: 2, too_many: false });
        }
        Err(cause @ (PasswordError::NotAHash | PasswordError::Failed(_))) => {
            tracing::error!(%cause, "a password could not be verified");
            return Err(Trouble::Busy { retry_after: 5, too_many: false });
        }
    };
    Ok(match subject {
        None => Err(Reason::UserUnknown),
        Some(_) if !right => Err(Reason::PasswordWrong),
        Some((_, view)) if !view.view.enabled => Err(Reason::UserDisabled),
        Some((subject, _)) => Ok(subject),
    })
}

async fn fail(
    op: &Op,
    interaction: &Interaction,
    reason: Reason,
    username: &str,
) -> Result<(), Trouble> {
    let key = interaction.key(op).await?;
    let (caller, stream) = (&interaction.caller, interaction.stream);
    let typed: String = username.chars().take(USERNAME).collect();
    let of = "transaction.authentication_failed";
    let username = (!typed.is_empty())
        .then(|| key.seal(stream, of, "username", typed.as_bytes(), op.entropy()));
    let steps = vec![Step::FailAuthentication { reason, username }];
    Pen { caller, stream, actor: &Actor::BROWSER, key: &key }.record(op, steps).await?;
    Ok(())
}

/// The end-user is known: goes as far as it can without another page.
async fn advance(
    op: &Op,
    mut interaction: Interaction,
    authenticated: Authenticated,
    key: &DataKey,
    cookies: Vec<String>,
) -> Result<HttpResponse, Trouble> {
    let authenticated = interaction.take_over(op, authenticated, key).await?;
    let target = interaction.target(op).await?;
    let actor = Actor::user(authenticated.subject);
    interaction.now_is(op, &authenticated).await?;
    let mut steps = vec![Step::Authenticate(authenticated)];
    let (caller, stream) = (&interaction.caller, interaction.stream);
    let pen = Pen { caller, stream, actor: &actor, key };
    let answer = match interaction.next(op, None) {
        NextStep::Issue { scope, basis } => {
            let consent = Consented { scope, basis, shown: None };
            let code = pen.issue(op, steps, consent).await?;
            Some(respond::success(target, &op.rules.issuer, &code))
        }
        NextStep::Refuse(error) => {
            steps.push(Step::Refuse(refusal(&interaction.request, &error)));
            pen.record(op, steps).await?;
            Some(respond::error(target, &op.rules.issuer, &error))
        }
        NextStep::Consent { .. } | NextStep::Login { .. } | NextStep::SelectAccount => {
            pen.record(op, steps).await?;
            None
        }
    };
    interaction.let_go_of_key(op).await;
    Ok(match answer {
        Some(answer) => interaction.send(op, &answer, &cookies),
        None => pages::see_other(&interaction.path(Page::Consent), &cookies),
    })
}

/// What a browser shows that the account signed in with before.
fn known_mark(op: &Op, interaction: &Interaction, account: StreamId) -> String {
    let mut bound = Vec::with_capacity(5 + 32 + 17);
    bound.extend_from_slice(b"known");
    bound.extend_from_slice(&interaction.browser.0);
    bound.extend_from_slice(&account.to_bytes());
    URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound))
}
