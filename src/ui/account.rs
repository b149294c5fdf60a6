//! The account: how somebody signs in, and the pages that change it.

use askama::Template;
use moneta_events::Timestamp;

use super::{Frame, Link, LoginProblem, PasskeyButton, Qr, duration};

/// How somebody signs in. Each of its forms posts `csrf`; the one that removes a passkey also `credential`.
#[derive(Debug, Template)]
#[template(path = "account.html")]
pub struct Account<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The name they sign in with.
    pub account: &'a str,
    /// The token of the forms.
    pub csrf: &'a str,
    /// Whether they have a password.
    pub has_password: bool,
    /// When it was last changed, if it was.
    pub password_changed_at: Option<Timestamp>,
    /// Since when they have one-time codes, if they do.
    pub totp_since: Option<Timestamp>,
    /// When they last used one.
    pub totp_used_at: Option<Timestamp>,
    /// Their passkeys.
    pub passkeys: Vec<PasskeyLine>,
    /// Whether passkeys can be registered here.
    pub offers_passkeys: bool,
    /// What was done a moment ago.
    pub notice: Option<AccountNotice>,
}

/// A passkey on the account page.
#[derive(Debug, Clone)]
pub struct PasskeyLine {
    /// Names it in the form that removes it.
    pub credential: String,
    /// What its owner calls it.
    pub label: String,
    /// Whether it may be copied to other devices.
    pub synced: bool,
    /// Since when it is registered.
    pub registered_at: Timestamp,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
}

/// What was done a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountNotice {
    /// The password was changed.
    PasswordChanged,
    /// One-time codes were set up.
    TotpEnrolled,
    /// They were removed.
    TotpRemoved,
    /// A passkey was registered.
    PasskeyRegistered,
    /// One was removed.
    PasskeyRemoved,
}

impl AccountNotice {
    const ALL: [Self; 5] = [
        Self::PasswordChanged,
        Self::TotpEnrolled,
        Self::TotpRemoved,
        Self::PasskeyRegistered,
        Self::PasskeyRemoved,
    ];

    const fn word(self) -> &'static str {
        match self {
            Self::PasswordChanged => "password-changed",
            Self::TotpEnrolled => "totp-enrolled",
            Self::TotpRemoved => "totp-removed",
            Self::PasskeyRegistered => "passkey-registered",
            Self::PasskeyRemoved => "passkey-removed",
        }
    }

    /// The address of the account page that says so.
    pub fn path(self, account: &str) -> String {
        format!("{account}?done={}", self.word())
    }

    /// What the query of that address says.
    pub fn parse(query: &str) -> Option<Self> {
        let word = query.strip_prefix("done=")?;
        Self::ALL.into_iter().find(|notice| notice.word() == word)
    }

    const fn text(self) -> &'static str {
        match self {
            Self::PasswordChanged => {
                "Your password was changed. Wherever else you were signed in, you are not any more."
            }
            Self::TotpEnrolled => {
                "One-time codes are set up. From now on you are asked for one after your password."
            }
            Self::TotpRemoved => "One-time codes were removed. Your password alone is enough now.",
            Self::PasskeyRegistered => {
                "The passkey was added. You can sign in with it from now on."
            }
            Self::PasskeyRemoved => {
                "The passkey was removed and cannot be used here any more. Delete it from your device, too."
            }
        }
    }
}

/// The sign-in form of the account itself. Posts `csrf`, `username` and `password`, or `assertion`.
#[derive(Debug, Template)]
#[template(path = "account_sign_in.html")]
pub struct AccountSignIn<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// What the username field holds already.
    pub username: &'a str,
    /// The button for those who have a passkey.
    pub passkey: Option<PasskeyButton<'a>>,
    /// Whether somebody is signed in, and asked again.
    pub again: bool,
    /// Whether it is to let a device in.
    pub for_device: bool,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
}

impl AccountSignIn<'_> {
    fn credentials_are_wrong(&self) -> bool {
        self.problem == Some(LoginProblem::WrongCredentials)
    }
}

/// Setting up one-time codes. Posts `csrf`, `setup` and `otp`.
#[derive(Template)]
#[template(path = "totp_setup.html")]
pub struct TotpSetup<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The name they sign in with.
    pub account: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// The secret on its way through the page, sealed.
    pub setup: &'a str,
    /// The address as a picture; none where it is too long for one.
    pub qr: Option<Qr>,
    /// The address that an application on this device opens.
    pub uri: Option<Link<'a>>,
    /// The secret, to be typed.
    pub secret: &'a str,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
}

impl TotpSetup<'_> {
    /// In groups that can be read aloud.
    fn groups(&self) -> impl Iterator<Item = &str> {
        self.secret.as_bytes().chunks(4).map(|group| std::str::from_utf8(group).unwrap_or_default())
    }

    fn code_is_wrong(&self) -> bool {
        self.problem == Some(LoginProblem::WrongCode)
    }
}

/// Registering a passkey. Posts `csrf`, `label` and `assertion`.
#[derive(Debug, Template)]
#[template(path = "passkey_setup.html")]
pub struct PasskeySetup<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The name they sign in with.
    pub account: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// What the browser is told.
    pub passkey: PasskeyButton<'a>,
    /// What went wrong before.
    pub problem: Option<LoginProblem>,
}

/// Changing the password. Posts `csrf`, `old`, `new` and `again`.
#[derive(Debug, Template)]
#[template(path = "new_password.html")]
pub struct NewPassword<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The name they sign in with.
    pub account: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// What went wrong before.
    pub problem: Option<PasswordProblem>,
}

/// What went wrong with a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordProblem {
    /// The old one is wrong.
    OldIsWrong,
    /// The new one was typed in two ways.
    Different,
    /// The new one is too short or too long.
    Unfit,
    /// Too many attempts.
    Throttled {
        /// Seconds until the next one is looked at.
        retry_after: u32,
    },
}

impl PasswordProblem {
    fn text(self) -> String {
        match self {
            Self::OldIsWrong => {
                "That is not your present password, so nothing was changed.".to_owned()
            }
            Self::Different => {
                "The new password was not typed the same twice, so nothing was changed.".to_owned()
            }
            Self::Unfit => {
                "The new password must have at least 8 characters. Nothing was changed.".to_owned()
            }
            Self::Throttled { retry_after } => format!(
                "There were too many attempts, so this one was not looked at. Try again in {}.",
                duration::wait(retry_after)
            ),
        }
    }
}

impl Account<'_> {
    /// A date, as people read it.
    #[allow(
        clippy::unused_self,
        clippy::trivially_copy_pass_by_ref,
        reason = "called by templates, which reach fields only and pass references"
    )]
    fn day(&self, at: &Timestamp) -> String {
        at.to_string().chars().take(10).collect()
    }
}
