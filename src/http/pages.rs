//! Pages: the frame they share, the headers they go out with, and the page for what went wrong.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::Reason;

use super::{factors::Refusal, op::Op};
use crate::{
    engine::{facts::NoView, guards::GuardError, order::Failure, privacy::PrivacyError},
    ui::{self, Csp, ErrorPage, Frame, LoginProblem, PasswordProblem},
};

impl Op {
    /// What every page shows of the provider.
    pub fn frame(&self) -> Frame<'_> {
        Frame { brand: &self.terms.brand, issuer: &self.rules.issuer }
    }
}

/// A page and its headers.
pub fn page(status: StatusCode, page: &impl askama::Template, csp: &Csp) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, csp.to_string()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(ui::render(page))
}

/// A page with a form of a sign-in, and what was wrong with the attempt before.
pub fn attempt(
    problem: Option<LoginProblem>,
    page: &impl askama::Template,
    csp: &Csp,
) -> HttpResponse {
    let status = match problem {
        None => StatusCode::OK,
        Some(LoginProblem::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
        Some(_) => StatusCode::UNAUTHORIZED,
    };
    let mut response = self::page(status, page, csp);
    if let Some(LoginProblem::Throttled { retry_after }) = problem
        && let Ok(value) = header::HeaderValue::from_str(&retry_after.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}

/// A page that sets cookies.
pub fn with_cookies(mut response: HttpResponse, cookies: &[String]) -> HttpResponse {
    for cookie in cookies {
        if let Ok(value) = header::HeaderValue::from_str(cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// Lets the scripts of one page run.
pub fn nonce(op: &Op) -> String {
    URL_SAFE_NO_PAD.encode(op.entropy().bytes::<16>())
}

impl LoginProblem {
    /// What was wrong with a one-time code.
    pub(super) fn of_code(refusal: Refusal) -> Self {
        match refusal.reason {
            Reason::TotpReplayed => Self::CodeUsed,
            _ => Self::WrongCode,
        }
    }

    /// The one that a refusal is shown as: `otherwise`, where there were not too many.
    pub(super) fn of(refusal: Refusal, otherwise: Self) -> Self {
        match refusal.retry_after {
            Some(retry_after) => Self::Throttled { retry_after },
            None => otherwise,
        }
    }
}

impl PasswordProblem {
    /// How a page with it is answered.
    pub(super) fn status(problem: Option<Self>) -> StatusCode {
        match problem {
            None => StatusCode::OK,
            Some(Self::OldIsWrong) => StatusCode::UNAUTHORIZED,
            Some(Self::Throttled { .. }) => StatusCode::TOO_MANY_REQUESTS,
            Some(Self::Different | Self::Unfit) => StatusCode::BAD_REQUEST,
        }
    }
}

/// `303 See Other`: what was posted is not posted again (RFC 9700 §4.12).
pub fn see_other(location: &str, cookies: &[String]) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    for cookie in cookies {
        response.append_header((header::SET_COOKIE, cookie.as_str()));
    }
    response
        .insert_header((header::LOCATION, location))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}

/// What a person is told when there is nothing to go on with.
#[derive(Debug)]
pub enum Trouble {
    /// The request is not one the provider can answer; the text names what is wrong.
    BadRequest(&'static str),
    /// The page belongs to nothing.
    NotFound,
    /// The transaction is over, and nobody can finish it.
    Expired,
    /// The transaction is over, answered.
    Finished,
    /// The transaction belongs to another browser.
    WrongBrowser,
    /// The form is not one this browser was given.
    ForgedForm,
    /// Too much is going on, or too much was tried.
    Busy {
        /// Seconds until it makes sense to try again.
        retry_after: u32,
        /// Whether it is this visitor who tries too much.
        too_many: bool,
    },
}

impl Trouble {
    /// The page.
    pub fn response(&self, op: &Op) -> HttpResponse {
        let frame = op.frame();
        let (status, shown) = match self {
            Self::BadRequest(cause) => {
                (StatusCode::BAD_REQUEST, ErrorPage::bad_request(frame, cause))
            }
            Self::NotFound => (StatusCode::NOT_FOUND, ErrorPage::not_found(frame)),
            Self::Expired => (StatusCode::BAD_REQUEST, ErrorPage::expired(frame)),
            Self::Finished => (StatusCode::BAD_REQUEST, ErrorPage::finished(frame)),
            Self::WrongBrowser => (StatusCode::FORBIDDEN, ErrorPage::wrong_browser(frame)),
            Self::ForgedForm => (StatusCode::FORBIDDEN, ErrorPage::forged_form(frame)),
            Self::Busy { retry_after, too_many } => {
                let status = if *too_many {
                    StatusCode::TOO_MANY_REQUESTS
                } else {
                    StatusCode::SERVICE_UNAVAILABLE
                };
                let mut response = page(status, &ErrorPage::busy(frame, *retry_after), &Csp::new());
                if let Ok(value) = header::HeaderValue::from_str(&retry_after.to_string()) {
                    response.headers_mut().insert(header::RETRY_AFTER, value);
                }
                return response;
            }
        };
        page(status, &shown, &Csp::new())
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        match failure {
            // Whoever sent the same form at the same moment was quicker.
            Failure::Refused(Reason::OutOfOrder) => Self::Finished,
            Failure::Refused(_) => Self::Expired,
            Failure::Busy => Self::Busy { retry_after: 1, too_many: false },
            Failure::Store(_) | Failure::Quarantined(_) => {
                tracing::error!(%failure, "an order could not be carried out");
                Self::Busy { retry_after: 5, too_many: false }
            }
        }
    }
}

impl From<GuardError> for Trouble {
    fn from(cause: GuardError) -> Self {
        tracing::error!(%cause, "nothing can be looked up by its code");
        Self::Busy { retry_after: 2, too_many: false }
    }
}

impl From<NoView> for Trouble {
    fn from(cause: NoView) -> Self {
        tracing::error!(%cause, "what is on record cannot be read");
        Self::Busy { retry_after: 5, too_many: false }
    }
}

impl From<PrivacyError> for Trouble {
    fn from(cause: PrivacyError) -> Self {
        tracing::error!(%cause, "the vault does not answer");
        Self::Busy { retry_after: 5, too_many: false }
    }
}
