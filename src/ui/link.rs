//! Addresses that may stand in a page.

use std::fmt;

use url::{Host, Url};

/// An address a browser may be sent to from a page. Its scheme is on the list of the constructor that
/// let it in, judged by the parser browsers use, so spellings such as `jAvAsCrIpT:` or a leading blank
/// make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a> {
    text: &'a str,
    url: Url,
}

impl<'a> Link<'a> {
    /// An address to show, to follow or to load an image from: `http` or `https`.
    pub fn web(text: &'a str) -> Option<Self> {
        Self::parse(text).filter(|link| is_web(&link.url))
    }

    /// Where an authorization response goes: as [`Link::web`], or to an application by a private-use
    /// scheme, which is a reversed domain name and so has a period (RFC 8252 §7.1).
    pub fn redirect(text: &'a str) -> Option<Self> {
        Self::parse(text).filter(|link| is_web(&link.url) || link.url.scheme().contains('.'))
    }

    /// The secret of one-time codes, for an application on the same device.
    pub fn authenticator(text: &'a str) -> Option<Self> {
        Self::parse(text).filter(|link| link.url.scheme() == "otpauth")
    }

    fn parse(text: &'a str) -> Option<Self> {
        if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return None;
        }
        Url::parse(text).ok().map(|url| Self { text, url })
    }

    /// Where it leads, for people: the host, with its port where that is not the usual one.
    pub fn destination(&self) -> String {
        match (is_web(&self.url), self.url.host_str(), self.url.port()) {
            (true, Some(host), Some(port)) => format!("{host}:{port}"),
            (true, Some(host), None) => host.to_owned(),
            _ => format!("the application {}", self.url.scheme()),
        }
    }

    /// Its origin as a source expression (Content Security Policy Level 3 §2.3.1), or its scheme where
    /// the host cannot be written as one: an IPv6 address, or characters a policy would misread.
    pub(super) fn source(&self) -> String {
        let plain =
            |host: &str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        match self.url.host() {
            Some(Host::Ipv4(_)) => self.url.origin().ascii_serialization(),
            Some(Host::Domain(host)) if is_web(&self.url) && plain(host) => {
                self.url.origin().ascii_serialization()
            }
            _ => format!("{}:", self.url.scheme()),
        }
    }
}

/// As it was registered, byte for byte.
impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

impl askama::FastWritable for Link<'_> {
    fn write_into(
        &self,
        dest: &mut dyn fmt::Write,
        _: &dyn askama::Values,
    ) -> Result<(), askama::Error> {
        Ok(dest.write_str(self.text)?)
    }
}

fn is_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_schemes_get_into_a_page() {
        for hostile in [
            "javascript:alert(1)",
            "jAvAsCrIpT:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "DATA:image/svg+xml;base64,AAAA",
            "vbscript:x",
            "blob:https://rp.example/1",
            "file:///etc/passwd",
            "//rp.example/cb",
            "/relative",
            "https:// rp.example",
            "https://rp.example/a b",
            "",
        ] {
            assert_eq!(Link::web(hostile), None, "{hostile}");
            assert_eq!(Link::redirect(hostile), None, "{hostile}");
        }
        assert_eq!(Link::web("com.example.app:/cb"), None);
        for good in
            ["https://rp.example/cb?x=1&y", "http://127.0.0.1:49152/cb", "com.example.app:/cb"]
        {
            assert_eq!(Link::redirect(good).unwrap().to_string(), good);
        }
    }

    #[test]
    fn people_read_the_host() {
        for (text, shown) in [
            ("https://rp.example/cb", "rp.example"),
            ("https://rp.example:443/cb", "rp.example"),
            ("http://localhost:3000/cb", "localhost:3000"),
            ("https://user:rp.example@mallory.example/", "mallory.example"),
            ("com.example.app:/cb", "the application com.example.app"),
        ] {
            assert_eq!(Link::redirect(text).unwrap().destination(), shown);
        }
    }

    #[test]
    fn a_source_cannot_widen_or_break_a_policy() {
        for (text, source) in [
            ("https://rp.example/cb?a=b", "https://rp.example"),
            ("http://localhost:3000/cb", "http://localhost:3000"),
            ("http://127.0.0.1:49152/", "http://127.0.0.1:49152"),
            ("https://bücher.example/", "https://xn--bcher-kva.example"),
            ("http://[::1]:8080/cb", "http:"),
            ("https://a;script-src/", "https:"),
            ("https://*.example/", "https:"),
            ("https://a,b/", "https:"),
            ("com.example.app://cb/x", "com.example.app:"),
        ] {
            assert_eq!(Link::redirect(text).unwrap().source(), source, "{text}");
        }
    }
}
