//! Signing in to the account itself.

use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{Digest, SubjectId, Timestamp, factor::Purpose};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use super::{Page, Visit};
use crate::{
    http::{
        body::{self, Body},
        browser,
        caller::{Caller, CookieNames, cookie},
        factors::{self, Refusal, Scene, passkey, password::Account, totp::totp},
        forms,
        op::Op,
        pages::{self, Trouble},
        people,
        session::{self, Evidence},
    },
    protocol::{
        params::Params,
        passkey::Ceremony,
        proofs::{Enrolled, Proofs},
    },
    ui::{AccountSignIn, Csp, LoginProblem, PasskeyButton, SecondFactor},
};

const SIGN_IN: &str = "/account/sign-in";
const SECOND_FACTOR: &str = "/account/second-factor";
/// Seconds in which the second step must follow the first.
const STEP: u32 = 300;

/// `GET /account/sign-in`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let door = Door::of(&op, &request)?;
        let visit = Visit::of(&op, &request).await?;
        if visit.is_some() && !door.again {
            return Ok(pages::see_other(&door.to.path(), &[]));
        }
        let username = match &visit {
            Some(visit) => people::person(&op, visit.subject()).await?.username,
            None => String::new(),
        };
        show(&op, &door, &username, None).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /account/sign-in`.
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => act(&request, &op, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

/// `GET /account/second-factor`.
pub async fn second_get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let door = Door::of(&op, &request)?;
        match First::of(&op, &request, &door).await? {
            Some(first) => show_second(&op, &door, &first, None).await,
            None => Ok(pages::see_other(&door.path(SIGN_IN), &[])),
        }
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /account/second-factor`.
pub async fn second_post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let answered = match body::form(&request, body) {
        Ok(form) => act_second(&request, &op, &form).await,
        Err(error) => Err(Trouble::BadRequest(error.description)),
    };
    answered.unwrap_or_else(|trouble| trouble.response(&op))
}

/// Somebody before the sign-in page.
struct Door {
    caller: Caller,
    browser: Digest,
    /// `Set-Cookie` of the browser.
    remembered: String,
    csrf: String,
    /// Where to go when it is done.
    to: Page,
    /// Whether whoever is signed in is asked all the same.
    again: bool,
}

impl Door {
    fn of(op: &Op, request: &HttpRequest) -> Result<Self, Trouble> {
        let query = Params::read(request.query_string().as_bytes())
            .map_err(|_| Trouble::BadRequest("the address is not one of this page"))?;
        let (browser, remembered) = browser::of_or_new(op, request);
        let mut bound = b"account sign-in".to_vec();
        bound.extend_from_slice(&browser.0);
        Ok(Self {
            caller: Caller::of(request, op),
            browser,
            remembered,
            csrf: URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound)),
            to: query.get("to").and_then(Page::parse).unwrap_or(Page::Overview),
            again: query.get("again") == Some("yes"),
        })
    }

    /// A page of the sign-in that leads to the same place.
    fn path(&self, page: &str) -> String {
        let again = if self.again { "again=yes&" } else { "" };
        format!("{page}?{again}to={}", self.to.word())
    }

    /// Counts a refusal.
    fn refuse(&self, op: &Op, refusal: Refusal, username: &str) {
        op.incidents.note(refusal.reason, SIGN_IN, self.caller.now, || {
            let typed: String = username.chars().take(200).collect();
            format!("username={typed}")
        });
    }
}

async fn show(
    op: &Op,
    door: &Door,
    username: &str,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, Trouble> {
    let nonce = pages::nonce(op);
    let ceremony = Ceremony::SignIn { browser: door.browser, transaction: None };
    let options = passkey::request(op, &ceremony, None).await?;
    let button = options.as_deref().map(|options| PasskeyButton { options, nonce: &nonce });
    let mut csp = Csp::new();
    if button.is_some() {
        csp = csp.script(&nonce);
    }
    let shown = AccountSignIn {
        frame: op.frame(),
        action: &door.path(SIGN_IN),
        csrf: &door.csrf,
        username,
        passkey: button,
        again: door.again,
        for_device: matches!(door.to, Page::Device(_)),
        problem,
    };
    let response = pages::attempt(problem, &shown, &csp);
    Ok(pages::with_cookies(response, std::slice::from_ref(&door.remembered)))
}

async fn act(request: &HttpRequest, op: &Op, form: &[u8]) -> Result<HttpResponse, Trouble> {
    let door = Door::of(op, request)?;
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    forms::check(op, request, &form, &door.csrf)?;
    if let Some(response) = form.get("assertion").filter(|sent| !sent.is_empty()) {
        return with_passkey(request, op, &door, response).await;
    }
    let username = form.get("username").unwrap_or_default();
    let account = Account::of(op, request, door.browser, username);
    let password = form.get("password").unwrap_or_default();
    let subject = match account.check(op, &door.caller, password).await? {
        Ok(subject) => subject,
        Err(refusal) => {
            door.refuse(op, refusal, username);
            let problem = LoginProblem::of(refusal, LoginProblem::WrongCredentials);
            return show(op, &door, username, Some(problem)).await;
        }
    };
    let enrolled = factors::enrolled(op, &op.facts.subject(subject).await?.view);
    if enrolled.totp || enrolled.passkeys {
        let first = First::cookie(op, &door, subject);
        return Ok(pages::see_other(&door.path(SECOND_FACTOR), &[first]));
    }
    let proofs = Proofs { password: true, ..Proofs::default() };
    finish(request, op, &door, subject, proofs).await
}

async fn with_passkey(
    request: &HttpRequest,
    op: &Op,
    door: &Door,
    response: &str,
) -> Result<HttpResponse, Trouble> {
    let ceremony = Ceremony::SignIn { browser: door.browser, transaction: None };
    let (caller, purpose) = (&door.caller, Purpose::SignIn);
    let scene = Scene { caller, transaction: None, purpose, known_browser: None };
    match passkey::prove(op, scene, &ceremony, None, response).await? {
        Ok(proof) => {
            let proofs = Proofs { passkey: Some(proof.passkey), ..Proofs::default() };
            finish(request, op, door, proof.subject, proofs).await
        }
        Err(refusal) => {
            door.refuse(op, refusal, "");
            let problem = LoginProblem::of(refusal, LoginProblem::PasskeyRefused);
            show(op, door, "", Some(problem)).await
        }
    }
}

/// A first step that was done in this browser: its cookie says whose password was right, and when.
///
/// ```text
/// cookie = base64url(subject 16, microseconds since 1970 8, tag 32)
/// tag    = HMAC-SHA256(key, "first step", browser, subject, microseconds)
/// ```
struct First {
    subject: SubjectId,
    username: String,
    enrolled: Enrolled,
}

impl First {
    fn tag(op: &Op, browser: Digest, head: &[u8]) -> ring::hmac::Tag {
        let mut bound = b"first step".to_vec();
        bound.extend_from_slice(&browser.0);
        bound.extend_from_slice(head);
        ring::hmac::sign(&op.csrf, &bound)
    }

    fn cookie(op: &Op, door: &Door, subject: SubjectId) -> String {
        let mut text = subject.0.as_bytes().to_vec();
        text.extend_from_slice(&door.caller.now.as_micros().to_be_bytes());
        let tag = Self::tag(op, door.browser, &text);
        text.extend_from_slice(tag.as_ref());
        let names = CookieNames::new(op.terms.secure);
        names.set(names.first_step(), &URL_SAFE_NO_PAD.encode(text), STEP)
    }

    async fn of(op: &Op, request: &HttpRequest, door: &Door) -> Result<Option<Self>, Trouble> {
        let name = CookieNames::new(op.terms.secure).first_step();
        let Some(text) = cookie(request, name).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
        else {
            return Ok(None);
        };
        let Some((head, tag)) = text.split_at_checked(24) else { return Ok(None) };
        if !bool::from(Self::tag(op, door.browser, head).as_ref().ct_eq(tag)) {
            return Ok(None);
        }
        let (subject, at) = head.split_at(16);
        let (Ok(subject), Ok(at)) = (Uuid::from_slice(subject), at.try_into()) else {
            return Ok(None);
        };
        let (subject, at) = (SubjectId(subject), Timestamp::from_micros(i64::from_be_bytes(at)));
        let view = op.facts.subject(subject).await?;
        let changed = view.view.credential_changed_at.is_some_and(|changed| changed > at);
        if door.caller.now >= at.plus_seconds(STEP.into()) || changed || !view.view.enabled {
            return Ok(None);
        }
        let username = people::person(op, subject).await?.username;
        Ok(Some(Self { subject, username, enrolled: factors::enrolled(op, &view.view) }))
    }

    fn ceremony(&self, door: &Door) -> Ceremony {
        let (browser, subject) = (door.browser, self.subject);
        Ceremony::SecondFactor { browser, transaction: None, subject }
    }
}

async fn show_second(
    op: &Op,
    door: &Door,
    first: &First,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, Trouble> {
    let nonce = pages::nonce(op);
    let options = if first.enrolled.passkeys {
        passkey::request(op, &first.ceremony(door), Some(first.subject)).await?
    } else {
        None
    };
    let button = options.as_deref().map(|options| PasskeyButton { options, nonce: &nonce });
    let mut csp = Csp::new();
    if button.is_some() {
        csp = csp.script(&nonce);
    }
    let shown = SecondFactor {
        frame: op.frame(),
        client: None,
        action: &door.path(SECOND_FACTOR),
        csrf: &door.csrf,
        totp: first.enrolled.totp,
        passkey: button,
        optional: false,
        problem,
    };
    Ok(pages::attempt(problem, &shown, &csp))
}

async fn act_second(request: &HttpRequest, op: &Op, form: &[u8]) -> Result<HttpResponse, Trouble> {
    let door = Door::of(op, request)?;
    let form = Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
    forms::check(op, request, &form, &door.csrf)?;
    let Some(first) = First::of(op, request, &door).await? else {
        return Ok(pages::see_other(&door.path(SIGN_IN), &[]));
    };
    if form.get("action") == Some("cancel") {
        return Ok(pages::see_other(&door.path(SIGN_IN), &[forget_first(op)]));
    }
    let known_browser = Account::of(op, request, door.browser, &first.username).known;
    let (caller, purpose) = (&door.caller, Purpose::SecondFactor);
    let scene = Scene { caller, transaction: None, purpose, known_browser };
    let mut proofs = Proofs { password: true, ..Proofs::default() };
    let problem = if let Some(response) = form.get("assertion").filter(|sent| !sent.is_empty()) {
        let ceremony = first.ceremony(&door);
        match passkey::prove(op, scene, &ceremony, Some(first.subject), response).await? {
            Ok(proof) => {
                proofs.passkey = Some(proof.passkey);
                None
            }
            Err(refusal) => Some(LoginProblem::of(refusal, LoginProblem::PasskeyRefused)),
        }
    } else {
        proofs.totp = true;
        let code = form.get("otp").unwrap_or_default();
        let checked = totp(op, scene, first.subject, code).await?;
        checked.err().map(|refusal| LoginProblem::of(refusal, LoginProblem::of_code(refusal)))
    };
    match problem {
        Some(problem) => show_second(op, &door, &first, Some(problem)).await,
        None => finish(request, op, &door, first.subject, proofs).await,
    }
}

/// Gives them a session, and lets them in.
async fn finish(
    request: &HttpRequest,
    op: &Op,
    door: &Door,
    subject: SubjectId,
    proofs: Proofs,
) -> Result<HttpResponse, Trouble> {
    let caller = &door.caller;
    let (acr, amr) = factors::reached(op, proofs);
    let evidence = Evidence { subject, acr, amr };
    let held = session::live(op, request, caller.now).await?;
    let key = op.privacy.data_key(subject.stream()).await?;
    let signed_in = session::sign_in(op, caller, held.as_ref(), &evidence, &key, None).await?;
    let username = people::person(op, subject).await?.username;
    let account = Account::of(op, request, door.browser, &username);
    let cookies =
        [signed_in.cookie, account.remember(op), door.remembered.clone(), forget_first(op)];
    Ok(pages::see_other(&door.to.path(), &cookies))
}

fn forget_first(op: &Op) -> String {
    let names = CookieNames::new(op.terms.secure);
    names.set(names.first_step(), "", 0)
}
