//! The device inbox: what waits for an end-user's decision (CIBA Core 1.0 §8). Made for a phone in one hand.

use askama::Template;
use moneta_events::{Reason, Timestamp};
use serde_json::json;

use super::{ClientCard, Csp, Frame, LANGUAGE, PasskeyButton, ScopeLine, assets::ASSETS, duration};

/// Where the inbox is.
const PATH: &str = "/device-inbox";

/// Requests that wait for the end-user. Each has a form that posts `csrf` and `action`: `deny` or `report`;
/// approving leads to [`InboxRequest`]. Scripts bring new ones in while the page is open.
#[derive(Debug, Template)]
#[template(path = "inbox.html")]
pub struct Inbox<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who is signed in, as they know themselves.
    pub account: &'a str,
    /// What waits, oldest first, so that nothing moves when another one comes.
    pub requests: Vec<RequestCard<'a>>,
    /// Made for this response alone; base64url.
    pub nonce: &'a str,
}

/// One request that waits.
#[derive(Debug, Clone)]
pub struct RequestCard<'a> {
    /// Its identifier; letters, digits and `-`.
    pub id: &'a str,
    /// Its own page, and where its form posts to.
    pub path: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// Who asks.
    pub client: ClientCard<'a>,
    /// What the other device shows, too (CIBA Core 1.0 §7.1).
    pub binding_message: Option<&'a str>,
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// From where, where that is known.
    pub place: Option<&'a str>,
    /// Seconds in which it can be decided.
    pub seconds_left: u32,
}

/// One request with everything that is needed to allow it. Posts `csrf`, `action` (`approve`, `deny` or
/// `report`) and `password`, where it asks for one `otp`, or instead of them `assertion`.
#[derive(Debug, Template)]
#[template(path = "inbox_request.html")]
pub struct InboxRequest<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who is signed in, as they know themselves.
    pub account: &'a str,
    /// The request.
    pub request: RequestCard<'a>,
    /// Whether a one-time code belongs to the password.
    pub totp: bool,
    /// The button for those who have a passkey.
    pub passkey: Option<PasskeyButton<'a>>,
    /// What went wrong before.
    pub problem: Option<ProofProblem>,
    /// Made for this response alone; base64url.
    pub nonce: &'a str,
}

/// What went wrong with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofProblem {
    /// The password is wrong.
    WrongPassword,
    /// The passkey did not fit.
    WrongPasskey,
    /// The one-time code is wrong, or missing.
    WrongCode,
    /// The one-time code was used before.
    CodeUsed,
    /// Too many attempts.
    Throttled {
        /// Seconds until the next one is looked at.
        retry_after: u32,
    },
    /// So many proofs of this request were wrong that it can only be denied.
    OnlyDenied,
}

impl ProofProblem {
    fn text(self) -> String {
        match self {
            Self::WrongPassword => {
                "That is not your password, so nothing was approved. Please try again.".to_owned()
            }
            Self::WrongPasskey => {
                "That passkey could not be used here, so nothing was approved. Try again, or type your \
                 password."
                    .to_owned()
            }
            Self::WrongCode => "That code is not the one of this moment, so nothing was approved. \
                                Type the one your application shows now."
                .to_owned(),
            Self::CodeUsed => "That code was used already, so nothing was approved. Wait for the \
                               next one."
                .to_owned(),
            Self::Throttled { retry_after } => format!(
                "There were too many attempts, so this one was not looked at. Try again in {}.",
                duration::wait(retry_after)
            ),
            Self::OnlyDenied => "There were too many wrong attempts. This request can only be denied \
                                 now; start again on the other device."
                .to_owned(),
        }
    }
}

/// What became of a request.
#[derive(Debug, Template)]
#[template(path = "inbox_outcome.html")]
pub struct InboxOutcome<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who asked.
    pub client: ClientCard<'a>,
    /// What became of it.
    pub outcome: Decided,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// The end-user allowed it.
    Approved,
    /// The end-user said no, for this reason.
    Denied(Reason),
    /// Nobody decided it in time.
    Expired,
}

impl Decided {
    const fn heading(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::Denied(Reason::RequestReported) => "Reported",
            Self::Denied(_) => "Denied",
            Self::Expired => "Too late",
        }
    }

    /// A word for scripts and tests.
    const fn state(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Denied(Reason::RequestReported) => "reported",
            Self::Denied(_) => "denied",
            Self::Expired => "expired",
        }
    }

    const fn tone(self) -> &'static str {
        match self {
            Self::Approved => "good",
            Self::Denied(_) => "no",
            Self::Expired => "idle",
        }
    }
}

/// What an installed inbox shows while there is no network. It is kept on the device and says nothing of
/// anybody.
#[derive(Debug, Template)]
#[template(path = "inbox_offline.html")]
pub struct InboxOffline<'a> {
    /// The provider.
    pub frame: Frame<'a>,
}

/// The manifest by which the inbox is installed (Web Application Manifest).
pub fn manifest(brand: &str) -> String {
    let [small, large] = &ASSETS.inbox_icons;
    let icon = |file: &str, sizes, kind, purpose| json!({ "src": format!("/assets/{file}"), "sizes": sizes, "type": kind, "purpose": purpose });
    let manifest = json!({
        "id": PATH,
        "name": format!("{brand} requests"),
        "short_name": brand,
        "description": "What applications ask you to approve",
        "lang": LANGUAGE,
        "start_url": PATH,
        "scope": PATH,
        "display": "standalone",
        "background_color": "#f1f1ee",
        "theme_color": "#113a35",
        "icons": [
            icon(&ASSETS.icon.file, "any", "image/svg+xml", "any"),
            icon(&small.file, "192x192", "image/png", "any"),
            icon(&large.file, "512x512", "image/png", "any"),
            icon(&large.file, "512x512", "image/png", "maskable"),
        ],
    });
    manifest.to_string()
}

impl RequestCard<'_> {
    /// Ends the ids of its buttons: the first request on a page has them bare.
    #[allow(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]
    fn suffix(&self, is_first: &bool) -> String {
        if *is_first { String::new() } else { format!("-{}", self.id) }
    }

    fn asked_at(&self) -> String {
        format!("{} UTC", &self.asked_at.to_string()[11..19])
    }

    fn left(&self) -> String {
        duration::span(i64::from(self.seconds_left) * 1_000_000)
    }
}

/// Policies and addresses that the pages of the inbox share.
fn csp<'a>(nonce: &str, clients: impl Iterator<Item = &'a ClientCard<'a>>) -> Csp {
    let csp = Csp::new().script(nonce).application();
    clients.fold(csp, |csp, client| csp.image(client.logo.as_ref()))
}

impl Inbox<'_> {
    /// The policy under which the page can keep itself up to date, and no more.
    pub fn csp(&self) -> Csp {
        csp(self.nonce, self.requests.iter().map(|request| &request.client))
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    fn script(&self) -> &'static str {
        &ASSETS.inbox_script.file
    }
}

impl InboxRequest<'_> {
    /// The policy under which the page can keep itself up to date, and no more.
    pub fn csp(&self) -> Csp {
        csp(self.nonce, std::iter::once(&self.request.client))
    }

    fn password_is_wrong(&self) -> bool {
        self.problem == Some(ProofProblem::WrongPassword)
    }

    fn code_is_wrong(&self) -> bool {
        matches!(self.problem, Some(ProofProblem::WrongCode | ProofProblem::CodeUsed))
    }

    fn may_approve(&self) -> bool {
        self.problem != Some(ProofProblem::OnlyDenied)
    }

    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    fn script(&self) -> &'static str {
        &ASSETS.inbox_script.file
    }
}
