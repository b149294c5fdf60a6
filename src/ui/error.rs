//! The page for what cannot be told to the client.

use std::borrow::Cow;

use askama::Template;

use super::{Frame, Link, duration};

/// An error page: what happened, and what the person can do next. Its marker is the id `op-error`.
#[derive(Debug, Template)]
#[template(path = "error.html")]
pub struct ErrorPage<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// What it is, in a few words.
    pub title: &'a str,
    /// The cause in one sentence, naming the parameter where there is one.
    pub cause: Cow<'a, str>,
    /// What the person can do.
    pub next: Cow<'a, str>,
    /// What to quote when asking for help.
    pub reference: Option<&'a str>,
    /// Where to go back to, where that is known and safe.
    pub back: Option<Link<'a>>,
}

impl<'a> ErrorPage<'a> {
    /// An authorization request that must not be answered by redirect (RFC 6749 §4.1.2.1). `cause` is
    /// one sentence and names the parameter.
    pub fn bad_request(frame: Frame<'a>, cause: &'a str) -> Self {
        let next = "Nothing was signed in and nothing was shared. Only the makers of the application \
                    can mend this: go back to it and try again, or send them this page.";
        Self::new(frame, "The request cannot be answered", sentence(cause.trim()), next)
    }

    /// The transaction is over, and nobody can finish it.
    pub fn expired(frame: Frame<'a>) -> Self {
        let cause = "This sign-in took too long or too many attempts, and nothing came of it.";
        let next = "Go back to the application and start again there.";
        Self::new(frame, "This sign-in has expired", cause, next)
    }

    /// The transaction is over, because it was answered: the form was sent twice, or the browser went back.
    pub fn finished(frame: Frame<'a>) -> Self {
        let cause = "This sign-in was finished already, and the application has its answer.";
        let next = "Sending it again has changed nothing. Go on in the application; if it does not let you \
                    in, or you want to decide otherwise, start again there.";
        Self::new(frame, "This sign-in is finished", cause, next)
    }

    /// The transaction was begun in another browser (RFC 9700 §4.7).
    pub fn wrong_browser(frame: Frame<'a>) -> Self {
        let cause =
            "This sign-in was begun in another browser, or this one did not keep its cookie.";
        let next = "If you followed a link somebody sent you, close this page. Otherwise allow \
                    cookies for this site, go back to the application and start again there.";
        Self::new(frame, "This sign-in belongs to another browser", cause, next)
    }

    /// A form without the token this browser was given (RFC 6749 §10.12).
    pub fn forged_form(frame: Frame<'a>) -> Self {
        let cause = "The form did not come from a page this browser was given.";
        let next = "Nothing was changed. Go back to the application and start again there.";
        Self::new(frame, "The form cannot be accepted", cause, next)
    }

    /// Overloaded or throttled; to be tried again after so many seconds.
    pub fn busy(frame: Frame<'a>, retry_after: u32) -> Self {
        let next = format!(
            "Nothing is lost. Wait {} and load the page again.",
            duration::wait(retry_after)
        );
        Self::new(
            frame,
            "Too busy at the moment",
            "More people are signing in than we can serve at once.",
            next,
        )
    }

    /// There is no such page.
    pub fn not_found(frame: Frame<'a>) -> Self {
        let next = "Check the address, or go back to the application you came from.";
        Self::new(frame, "There is nothing here", "This address leads to no page.", next)
    }

    /// The provider itself failed.
    pub fn internal(frame: Frame<'a>) -> Self {
        let cause = "Something failed on our side, and the answer could not be recorded.";
        let next = "Nothing was granted. Try again in a moment.";
        Self::new(frame, "We could not finish this", cause, next)
    }

    /// With what to quote when asking for help.
    #[must_use]
    pub fn reference(self, reference: &'a str) -> Self {
        Self { reference: Some(reference), ..self }
    }

    /// With a way back to the application.
    #[must_use]
    pub fn back(self, back: Option<Link<'a>>) -> Self {
        Self { back, ..self }
    }

    fn new(
        frame: Frame<'a>,
        title: &'a str,
        cause: impl Into<Cow<'a, str>>,
        next: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self { frame, title, cause: cause.into(), next: next.into(), reference: None, back: None }
    }
}

/// A description that clients read, `the client_id is unknown`, as people do: with a capital and a period.
fn sentence(description: &str) -> String {
    let (first, _) = description.split_once(' ').unwrap_or((description, ""));
    let is_word = first.bytes().all(|b| b.is_ascii_alphabetic());
    let mut letters = description.chars();
    let mut sentence: String = match letters.next() {
        Some(letter) if is_word => letter.to_uppercase().chain(letters).collect(),
        _ => description.to_owned(),
    };
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::sentence;

    #[test]
    fn descriptions_become_sentences_and_names_stay_names() {
        for (description, shown) in [
            ("there is no such client", "There is no such client."),
            ("the redirect_uri is missing", "The redirect_uri is missing."),
            ("client_id is missing", "client_id is missing."),
            ("Done already.", "Done already."),
        ] {
            assert_eq!(sentence(description), shown);
        }
    }
}
