//! Setting up one-time codes (RFC 6238), and removing them.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use moneta_events::{Actor, Reason, Sealed, StreamId, Timestamp, factor::TotpEnrolled};
use zeroize::Zeroizing;

use super::{Page, Visit, sign_in_again, sign_in_first};
use crate::{
    domain::factors::Command,
    http::{
        body::{self, Body},
        op::Op,
        pages::{self, Trouble},
        people,
    },
    ui::{AccountNotice, Csp, Link, LoginProblem, Qr, TotpSetup},
};

/// Seconds in which an application must take the secret in.
const SETUP: i64 = 600;
const SESSION: usize = 17;
const SECRET: usize = SESSION + 8;

/// A secret on its way through the page, sealed for this end-user.
///
/// ```text
/// session 17, microseconds since 1970 8, secret (bytes)
/// ```
struct Offer {
    /// The session it was made in.
    session: StreamId,
    /// From then on it is not taken up any more.
    expires_at: Timestamp,
    secret: Zeroizing<Vec<u8>>,
}

/// `GET /account/totp`.
pub async fn get(request: HttpRequest, op: web::Data<Op>) -> HttpResponse {
    let shown = async {
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Totp));
        };
        if visit.view.view.totp.is_some() {
            return Ok(pages::see_other(super::PATH, &[]));
        }
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Totp));
        }
        let secret = op.codes.secret();
        let expires_at = visit.caller.now.plus_seconds(SETUP);
        let offer = Offer { session: visit.held.stream, expires_at, secret };
        let sealed = offer.seal(&op, &visit).await?;
        show(&op, &visit, &offer, &sealed, None).await
    };
    shown.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

/// `POST /account/totp`: the application made its first code.
pub async fn post(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        enrol(&request, &op, &form).await
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

async fn enrol(request: &HttpRequest, op: &Op, form: &[u8]) -> Result<HttpResponse, Trouble> {
    let Some(visit) = Visit::of(op, request).await? else {
        return Ok(sign_in_first(Page::Totp));
    };
    let form = visit.form(op, request, form)?;
    if !visit.is_fresh() {
        return Ok(sign_in_again(Page::Totp));
    }
    let sealed = form.get("setup").unwrap_or_default();
    let Some(offer) = Offer::open(op, &visit, sealed).await? else {
        // Too old, or of another session: a new one is offered.
        return Ok(pages::see_other(&Page::Totp.path(), &[]));
    };
    let (subject, now) = (visit.subject(), visit.caller.now);
    if let Err(retry_after) = op.throttles.code(subject, None, visit.caller.place, now) {
        let problem = LoginProblem::Throttled { retry_after };
        return show(op, &visit, &offer, sealed, Some(problem)).await;
    }
    let code = form.get("otp").unwrap_or_default();
    let Some(step) = op.codes.step(&offer.secret, code, now) else {
        return show(op, &visit, &offer, sealed, Some(LoginProblem::WrongCode)).await;
    };
    op.throttles.code_was_right(subject, None, visit.caller.place);
    let key = op.privacy.data_key(subject.stream()).await?;
    let of = "subject.totp_enrolled";
    let secret = key.seal(subject.stream(), of, "secret", &offer.secret, op.entropy());
    let command = Command::EnrolTotp(TotpEnrolled { secret, step });
    match visit.scene().order(op, subject, Actor::user(subject), command).await? {
        Ok(()) | Err(Reason::FactorMismatch) => {
            Ok(pages::see_other(&AccountNotice::TotpEnrolled.path(super::PATH), &[]))
        }
        Err(_) => Err(Trouble::Expired),
    }
}

/// `POST /account/totp/remove`.
pub async fn remove(request: HttpRequest, op: web::Data<Op>, body: Body) -> HttpResponse {
    let done = async {
        let form = body::form(&request, body).map_err(|e| Trouble::BadRequest(e.description))?;
        let Some(visit) = Visit::of(&op, &request).await? else {
            return Ok(sign_in_first(Page::Overview));
        };
        visit.form(&op, &request, &form)?;
        if !visit.is_fresh() {
            return Ok(sign_in_again(Page::Overview));
        }
        let (subject, actor) = (visit.subject(), Actor::user(visit.subject()));
        let removed = visit.scene().order(&op, subject, actor, Command::RemoveTotp).await?;
        removed.map_err(|_| Trouble::Expired)?;
        Ok(pages::see_other(&AccountNotice::TotpRemoved.path(super::PATH), &[]))
    };
    done.await.unwrap_or_else(|trouble: Trouble| trouble.response(&op))
}

async fn show(
    op: &Op,
    visit: &Visit,
    offer: &Offer,
    sealed: &str,
    problem: Option<LoginProblem>,
) -> Result<HttpResponse, Trouble> {
    let person = people::person(op, visit.subject()).await?;
    let enrolment = op.codes.enrolment(&offer.secret, &person.username);
    let shown = TotpSetup {
        frame: op.frame(),
        account: &person.username,
        csrf: &visit.csrf,
        setup: sealed,
        qr: Qr::of(&enrolment.uri),
        uri: Link::authenticator(&enrolment.uri),
        secret: &enrolment.text,
        problem,
    };
    let mut response = pages::attempt(problem, &shown, &Csp::new());
    if problem.is_none() {
        *response.status_mut() = StatusCode::OK;
    }
    Ok(response)
}

impl Offer {
    async fn seal(&self, op: &Op, visit: &Visit) -> Result<String, Trouble> {
        let subject = visit.subject().stream();
        let key = op.privacy.data_key(subject).await?;
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET + self.secret.len()));
        bytes.extend_from_slice(&self.session.to_bytes());
        bytes.extend_from_slice(&self.expires_at.as_micros().to_be_bytes());
        bytes.extend_from_slice(&self.secret);
        Ok(key.seal(subject, "account", "totp offer 1", &bytes, op.entropy()).to_string())
    }

    /// An offer of this session that can still be taken up.
    async fn open(op: &Op, visit: &Visit, text: &str) -> Result<Option<Self>, Trouble> {
        let subject = visit.subject().stream();
        let key = op.privacy.data_key(subject).await?;
        let sealed: Option<Sealed> = serde_json::from_value(text.into()).ok();
        let opened =
            sealed.and_then(|sealed| key.open(&sealed, subject, "account", "totp offer 1").ok());
        let offer = opened.and_then(|bytes| Self::read(&bytes));
        let (session, now) = (visit.held.stream, visit.caller.now);
        Ok(offer.filter(|offer| offer.expires_at > now && offer.session == session))
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let expires_at = i64::from_be_bytes(bytes.get(SESSION..SECRET)?.try_into().ok()?);
        Some(Self {
            session: StreamId::from_bytes(&bytes[..SESSION])?,
            expires_at: Timestamp::from_micros(expires_at),
            secret: Zeroizing::new(bytes[SECRET..].to_vec()),
        })
    }
}
