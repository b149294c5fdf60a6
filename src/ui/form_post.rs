//! An authorization response that the browser posts.

use askama::Template;

use super::{Csp, Frame, Link};

/// The form that carries an authorization response to the client (OAuth 2.0 Form Post Response Mode §2).
/// A script submits it; without scripts the person does.
#[derive(Debug, Template)]
#[template(path = "form_post.html")]
pub struct FormPost<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// The client's name.
    pub client: &'a str,
    /// The redirect URI the client registered.
    pub redirect: Link<'a>,
    /// The response's parameters, in order.
    pub fields: Vec<(&'a str, &'a str)>,
    /// Made for this response alone; base64url.
    pub nonce: &'a str,
}

impl FormPost<'_> {
    /// The policy under which the form can be submitted, and nothing else happen.
    pub fn csp(&self) -> Csp {
        Csp::new().form_to(&self.redirect).script(self.nonce)
    }
}
