//! How a command ends.

use std::process::ExitCode;

use serde::{Deserialize, Serialize};

/// The exit codes of `moneta`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Exit {
    /// Done.
    Done = 0,
    /// Not done; the message says why.
    Failed = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// What is on record is damaged, or does not say what it should.
    Damaged = 3,
    /// There is no such transaction, client, user.
    NotFound = 4,
}

/// What stands in the help about them.
pub(super) const CODES: &str = "\
Exit codes:
  0  done
  1  failed; the message says why
  2  the command line makes no sense
  3  a verification found damage
  4  there is no such transaction, client or user";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error that ends the program with a code of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Ended {
    pub(super) exit: Exit,
    pub(super) message: String,
}

/// There is no such thing.
pub(super) fn not_found(message: impl Into<String>) -> anyhow::Error {
    Ended { exit: Exit::NotFound, message: message.into() }.into()
}

/// The command line makes no sense, in a way that only shows later.
pub(super) fn usage(message: impl Into<String>) -> anyhow::Error {
    Ended { exit: Exit::Usage, message: message.into() }.into()
}

/// What is on record is damaged.
pub(super) fn damaged(message: impl Into<String>) -> anyhow::Error {
    Ended { exit: Exit::Damaged, message: message.into() }.into()
}

/// The code that `error` ends the program with.
pub(super) fn code_of(error: &anyhow::Error) -> Exit {
    error.downcast_ref::<Ended>().map_or(Exit::Failed, |ended| ended.exit)
}

/// The error and its causes in one line; a cause that the error quotes is not said again.
pub(super) fn text_of(error: &anyhow::Error) -> String {
    error.chain().skip(1).map(ToString::to_string).fold(error.to_string(), |text, cause| {
        if text.contains(&cause) { text } else { format!("{text}: {cause}") }
    })
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn causes_are_said_once() {
        let cause = Err::<(), _>(anyhow::anyhow!("disk full"));
        let quoting = cause.context("cannot write: disk full").context("nothing done").unwrap_err();
        assert_eq!(text_of(&quoting), "nothing done: cannot write: disk full");
    }

    #[test]
    fn an_error_keeps_its_code_when_it_gets_a_context() {
        let error = not_found("no such client").context("in the server");
        assert_eq!(code_of(&error), Exit::NotFound);
        assert_eq!(code_of(&anyhow::anyhow!("any other")), Exit::Failed);
    }
}
