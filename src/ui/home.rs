//! The page at the issuer's address.

use askama::Template;

use super::Frame;

/// Says what this address is, and where its metadata are.
#[derive(Debug, Template)]
#[template(path = "home.html")]
pub struct Home<'a> {
    /// The provider.
    pub frame: Frame<'a>,
    /// Whether there is a playground to link to.
    pub playground: bool,
}
