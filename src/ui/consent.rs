//! Asking for consent.

use askama::Template;

use super::{ClientCard, Frame, Link};

/// The consent form. Posts `csrf`, `action` (`allow` or `deny`) and, where ticked, `remember=yes`; what
/// is granted is never read from it.
#[derive(Debug, Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
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
    /// What is asked for.
    pub scopes: Vec<ScopeLine<'a>>,
    /// Where the browser goes afterwards.
    pub redirect: Link<'a>,
    /// Whether the answer may be remembered.
    pub may_remember: bool,
}

/// One scope that is asked for.
#[derive(Debug, Clone)]
pub struct ScopeLine<'a> {
    /// What it means to the person.
    pub sentence: &'a str,
    /// What would be released about the person.
    pub claims: Vec<ClaimLine<'a>>,
}

/// A claim and the value that would be released.
#[derive(Debug, Clone)]
pub struct ClaimLine<'a> {
    /// The claim's name.
    pub name: &'a str,
    /// Its value as text.
    pub value: String,
}

impl ClaimLine<'_> {
    /// The name in words: `given_name` becomes `Given name`.
    pub(super) fn label(&self) -> String {
        if self.name == "sub" {
            return "Identifier".to_owned();
        }
        let words = self.name.replace('_', " ");
        let mut letters = words.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    }
}
