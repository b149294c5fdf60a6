//! The account page: where people see and change how they sign in, without any client. Signing in there has
//! no transaction: the session it begins is on record, refused attempts are counted as incidents.
//!
//! Everything else needs a session, and every change a fresh one: minutes old, and begun with a further
//! factor where there is one (security class 47).

pub mod overview;
pub mod passkeys;
pub mod password;
pub mod sign_in;
pub mod totp;

use std::{borrow::Cow, sync::Arc};

use actix_web::{HttpRequest, HttpResponse};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use moneta_events::{SubjectId, factor::Purpose};
use moneta_projections::{subject::SubjectView, view::Folded};

use super::{
    caller::Caller,
    factors::Scene,
    forms,
    op::Op,
    pages::{self, Trouble},
    session::{self, LiveSession},
};
use crate::protocol::{device::UserCode, endpoints::DEVICE_VERIFICATION, params::Params};

/// The account page.
pub const PATH: &str = "/account";
/// The word for the page of user codes.
const DEVICE: &str = "device";
/// Seconds after which a change asks to sign in again.
const FRESH: i64 = 300;

/// Where somebody who signs in without any client wants to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// To let a device in, with the code they have for it (RFC 8628 §3.3).
    Device(Option<UserCode>),
    /// To see how they sign in.
    Overview,
    /// To change the password.
    Password,
    /// To set up one-time codes.
    Totp,
    /// To register a passkey.
    Passkey,
    /// To decide what waits for them.
    Inbox,
}

impl Page {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Password,
        Self::Totp,
        Self::Passkey,
        Self::Inbox,
        Self::Device(None),
    ];

    /// Its path.
    pub fn path(self) -> Cow<'static, str> {
        match self {
            Self::Overview => PATH.into(),
            Self::Password => "/account/password".into(),
            Self::Totp => "/account/totp".into(),
            Self::Passkey => "/account/passkey".into(),
            Self::Inbox => super::inbox::PATH.into(),
            Self::Device(None) => DEVICE_VERIFICATION.into(),
            Self::Device(Some(code)) => format!("{DEVICE_VERIFICATION}?user_code={code}").into(),
        }
    }

    fn word(self) -> Cow<'static, str> {
        match self {
            Self::Overview => "overview".into(),
            Self::Password => "password".into(),
            Self::Totp => "totp".into(),
            Self::Passkey => "passkey".into(),
            Self::Inbox => "inbox".into(),
            Self::Device(None) => DEVICE.into(),
            Self::Device(Some(code)) => format!("{DEVICE}.{code}").into(),
        }
    }

    fn parse(word: &str) -> Option<Self> {
        if let Some((DEVICE, code)) = word.split_once('.') {
            return UserCode::read(code).map(|code| Self::Device(Some(code)));
        }
        Self::ALL.into_iter().find(|page| page.word() == word)
    }
}

/// A visit of somebody who is signed in.
pub(super) struct Visit {
    caller: Caller,
    held: LiveSession,
    view: Arc<Folded<SubjectView>>,
    /// What the forms of this session must bring along.
    csrf: String,
}

impl Visit {
    /// The visit of whoever is signed in; none where nobody is.
    async fn of(op: &Op, request: &HttpRequest) -> Result<Option<Self>, Trouble> {
        let caller = Caller::of(request, op);
        let Some(held) = session::live(op, request, caller.now).await? else { return Ok(None) };
        let view = op.facts.subject(held.get().subject).await?;
        let mut bound = b"account".to_vec();
        bound.extend_from_slice(&held.stream.to_bytes());
        bound.extend_from_slice(&held.get().secret.0);
        let csrf = URL_SAFE_NO_PAD.encode(ring::hmac::sign(&op.csrf, &bound));
        Ok(Some(Self { caller, held, view, csrf }))
    }

    fn subject(&self) -> SubjectId {
        self.held.get().subject
    }

    fn scene(&self) -> Scene<'_> {
        let purpose = Purpose::Approval;
        Scene { caller: &self.caller, transaction: None, purpose, known_browser: None }
    }

    /// Whether this person showed a moment ago, with all they have, who they are.
    fn is_fresh(&self) -> bool {
        let session = self.held.get();
        let is_recent = self.caller.now < session.auth_time.plus_seconds(FRESH);
        let is_strong = session.amr.iter().any(|method| method == "mfa");
        is_recent && (is_strong || !self.view.view.has_factors())
    }

    /// The form of a change, if this browser was given it and the session is fresh.
    fn form<'f>(
        &self,
        op: &Op,
        request: &HttpRequest,
        form: &'f [u8],
    ) -> Result<Params<'f>, Trouble> {
        let form =
            Params::read_form(form).map_err(|error| Trouble::BadRequest(error.description))?;
        forms::check(op, request, &form, &self.csrf)?;
        Ok(form)
    }
}

/// To the sign-in page, and from there to `page`.
pub(super) fn sign_in_first(page: Page) -> HttpResponse {
    match page {
        Page::Overview => pages::see_other("/account/sign-in", &[]),
        page => pages::see_other(&format!("/account/sign-in?to={}", page.word()), &[]),
    }
}

/// To the sign-in page, although somebody is signed in, and from there to `page`.
pub(super) fn sign_in_again(page: Page) -> HttpResponse {
    pages::see_other(&format!("/account/sign-in?again=yes&to={}", page.word()), &[])
}
