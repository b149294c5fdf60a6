//! Signing in, and choosing with which account.

use askama::Template;

use super::{ClientCard, Frame, duration};

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
    /// Why somebody who is signed in is asked again.
    pub reason: Option<Reauthentication>,
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
