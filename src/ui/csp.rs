//! `Content-Security-Policy` of a page.

use std::fmt;

use super::Link;

/// What a page may load and where its forms may lead; nothing unless said here.
///
/// Chromium holds `form-action` against every redirect that follows a form's submission, and blocks the
/// navigation silently. So a page whose POST may end in a redirect to a client names the client's
/// origin, and where the client forwards the browser to another of its origins, that one too.
#[derive(Debug, Clone, Default)]
pub struct Csp {
    forms: Vec<String>,
    images: Vec<String>,
    nonce: Option<String>,
    application: bool,
}

impl Csp {
    /// The policy of a page that keeps to itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the forms of the page end at the origin of `target`.
    #[must_use]
    pub fn form_to(mut self, target: &Link<'_>) -> Self {
        add(&mut self.forms, target.source());
        self
    }

    /// Lets the page show images from the origin of `image`, where there is one.
    #[must_use]
    pub fn image(mut self, image: Option<&Link<'_>>) -> Self {
        if let Some(image) = image {
            add(&mut self.images, image.source());
        }
        self
    }

    /// Lets the one script run that carries `nonce`, base64url text made for this response alone.
    #[must_use]
    pub fn script(mut self, nonce: &str) -> Self {
        debug_assert!(nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b)));
        self.nonce = Some(nonce.to_owned());
        self
    }

    /// Lets the script ask this server, and the page be installed as an application that works by itself.
    #[must_use]
    pub fn application(self) -> Self {
        Self { application: true, ..self }
    }
}

fn add(sources: &mut Vec<String>, source: String) {
    if !sources.contains(&source) {
        sources.push(source);
    }
}

/// The header's value.
impl fmt::Display for Csp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("default-src 'none'; style-src 'self'; img-src 'self'")?;
        self.images.iter().try_for_each(|source| write!(f, " {source}"))?;
        f.write_str("; form-action 'self'")?;
        self.forms.iter().try_for_each(|source| write!(f, " {source}"))?;
        if let Some(nonce) = &self.nonce {
            write!(f, "; script-src 'nonce-{nonce}'")?;
        }
        if self.application {
            f.write_str("; connect-src 'self'; manifest-src 'self'; worker-src 'self'")?;
        }
        f.write_str("; frame-ancestors 'none'; base-uri 'none'")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_keeps_to_itself() {
        assert_eq!(
            Csp::new().to_string(),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
    }

    #[test]
    fn exactly_what_was_said_is_added() {
        let redirect = Link::redirect("https://rp.example/cb").unwrap();
        let logo = Link::web("https://cdn.example/logo.png").unwrap();
        let csp =
            Csp::new().form_to(&redirect).form_to(&redirect).image(Some(&logo)).script("bm9uY2U");
        assert_eq!(
            csp.to_string(),
            "default-src 'none'; style-src 'self'; img-src 'self' https://cdn.example; \
             form-action 'self' https://rp.example; script-src 'nonce-bm9uY2U'; \
             frame-ancestors 'none'; base-uri 'none'"
        );
        assert_eq!(
            Csp::new().script("bm9uY2U").application().to_string(),
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; \
             script-src 'nonce-bm9uY2U'; connect-src 'self'; manifest-src 'self'; \
             worker-src 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
    }
}
