//! Signing in, and choosing with which account.

use askama::Template;

use super::{ClientCard, Frame, assets::ASSETS, duration};

/// The sign-in form. Posts `csrf`, `username` and `password`; its cancel button posts `action=cancel`.
#[derive(Debug, Template)]
#[template(path = "login.html")]
pub struct Login<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who sent the person here.
    pub client: ClientCard<'a>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// What the username field holds already: the `login_hint`, a known account, or what was typed.
    pub username: &'a str,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
    /// The button for those who have a passkey.
    pub passkey: Option<PasskeyButton<'a>>,
    /// Why somebody who is signed in is asked again.
    pub reason: Option<Reauthentication>,
}

/// A button that runs a passkey ceremony and posts what comes of it. Browsers without scripts do not show it.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyButton<'a> {
    /// What the browser is told, JSON.
    pub options: &'a str,
    /// Lets the page's script run; see [`Csp::script`](super::Csp::script).
    pub nonce: &'a str,
}

impl PasskeyButton<'_> {
    #[allow(clippy::unused_self, reason = "called by templates, which reach fields only")]
    pub(super) fn script(&self) -> &'static str {
        &ASSETS.passkeys.file
    }
}

/// The second step of signing in. Posts `csrf` and `otp`, or `assertion`; its other buttons post
/// `action=skip` and `action=cancel`.
#[derive(Debug, Template)]
#[template(path = "second_factor.html")]
pub struct SecondFactor<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who sent the person here, where somebody did.
    pub client: Option<ClientCard<'a>>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// Whether the person has an application for codes.
    pub totp: bool,
    /// The button for those who have a passkey.
    pub passkey: Option<PasskeyButton<'a>>,
    /// Whether the person may go on without.
    pub optional: bool,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
}

/// What went wrong with a sign-in form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginProblem {
    /// Username or password is wrong; the page does not say which.
    WrongCredentials,
    /// Too many attempts.
    Throttled {
        /// Seconds until the next one is looked at.
        retry_after: u32,
    },
    /// The form was too old or not this browser's.
    SessionExpired,
    /// The passkey proved nothing.
    PasskeyRefused,
    /// The one-time code is wrong.
    WrongCode,
    /// The one-time code was used before.
    CodeUsed,
}

impl LoginProblem {
    /// What the page says.
    pub(super) fn text(self) -> String {
        match self {
            Self::WrongCredentials => {
                "That username and password do not go together. Check both and try again."
                    .to_owned()
            }
            Self::Throttled { retry_after } => format!(
                "There were too many attempts, so this one was not looked at. Try again in {}.",
                duration::wait(retry_after)
            ),
            Self::SessionExpired => {
                "This form had expired and nothing was sent. Please sign in again.".to_owned()
            }
            Self::PasskeyRefused => {
                "The passkey could not be used. Try again, or use another way to sign in."
                    .to_owned()
            }
            Self::WrongCode => {
                "That code is not the one of this moment. Type the one your application shows now."
                    .to_owned()
            }
            Self::CodeUsed => {
                "That code was used before. Wait for the next one your application shows."
                    .to_owned()
            }
        }
    }
}

/// Why somebody who is signed in must sign in again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reauthentication {
    /// The client wants a new authentication (`prompt=login`).
    Asked,
    /// The authentication is older than the client takes (`max_age`).
    TooOld,
    /// The authentication is weaker than the client would like (`acr_values`).
    TooWeak,
}

impl SecondFactor<'_> {
    fn code_is_wrong(&self) -> bool {
        matches!(self.problem, Some(LoginProblem::WrongCode | LoginProblem::CodeUsed))
    }
}

impl Login<'_> {
    fn credentials_are_wrong(&self) -> bool {
        self.problem == Some(LoginProblem::WrongCredentials)
    }
}

/// Go on with the account that is signed in, take another, or leave. Posts `csrf` and `action`:
/// `continue`, `other` or `cancel`.
#[derive(Debug, Template)]
#[template(path = "select_account.html")]
pub struct SelectAccount<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who sent the person here.
    pub client: ClientCard<'a>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// The account that is signed in, as its owner knows it.
    pub account: &'a str,
}
