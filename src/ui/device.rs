//! The pages on which people let a device in: entering its code, deciding, and what became of it.

use askama::Template;
use moneta_events::Timestamp;

use super::{ClientCard, Frame, ScopeLine, duration};

/// The form for a user code. Posts `csrf` and `user_code`.
#[derive(Debug, Template)]
#[template(path = "device_entry.html")]
pub struct DeviceEntry<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// Who is signed in, as they know themselves.
    pub account: &'a str,
    /// What the field holds already.
    pub user_code: &'a str,
    /// What went wrong before.
    pub problem: Option<DeviceProblem>,
}

/// What went wrong with a user code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceProblem {
    /// What was typed is no code.
    NoCode,
    /// No request has it now.
    Unknown,
    /// It was used before, or by somebody else.
    Used,
    /// Too many attempts.
    Throttled {
        /// Seconds until the next one is looked at.
        retry_after: u32,
    },
}

impl DeviceProblem {
    fn text(self) -> String {
        match self {
            Self::NoCode => {
                "A code has eight letters, like WDJB-MJHT. Look at your device again.".to_owned()
            }
            Self::Unknown => {
                "No device waits with this code. It may be mistyped or too old; your device can show \
                 you a new one."
                    .to_owned()
            }
            Self::Used => {
                "This code was used already. If it was not you, start again on your device.".to_owned()
            }
            Self::Throttled { retry_after } => format!(
                "There were too many attempts, so this one was not looked at. Try again in {}.",
                duration::wait(retry_after)
            ),
        }
    }
}

/// The form of the decision. Posts `csrf` and `action` (`allow` or `deny`); what is granted is never read
/// from it.
#[derive(Debug, Template)]
#[template(path = "device_decision.html")]
pub struct DeviceDecision<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who asks.
    pub client: ClientCard<'a>,
    /// Where the form posts to.
    pub action: &'a str,
    /// The form's token.
    pub csrf: &'a str,
    /// Who is signed in, as they know themselves.
    pub account: &'a str,
    /// What the device shows.
    pub user_code: &'a str,
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// When the device asked.
    pub asked_at: Timestamp,
    /// The same, in seconds before now.
    pub seconds_ago: i64,
    /// From which address it asked, where that is known.
    pub place: Option<String>,
    /// Whether that is another network than the visitor's.
    pub is_elsewhere: bool,
}

impl DeviceDecision<'_> {
    fn ago(&self) -> String {
        match self.seconds_ago {
            ..60 => "less than a minute ago".to_owned(),
            60..120 => "a minute ago".to_owned(),
            seconds => format!("{} minutes ago", seconds / 60),
        }
    }

    /// The time of day, in UTC.
    fn clock(&self) -> String {
        self.asked_at.to_string().chars().skip(11).take(5).collect()
    }
}

/// What became of a request.
#[derive(Debug, Template)]
#[template(path = "device_outcome.html")]
pub struct DeviceOutcome<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Who asked.
    pub client: ClientCard<'a>,
    /// How it ended.
    pub result: DeviceResult,
}

/// How a request ended for its end-user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceResult {
    /// They allowed it.
    Allowed,
    /// They said no.
    Denied,
    /// Nobody decided in time.
    Expired,
}
