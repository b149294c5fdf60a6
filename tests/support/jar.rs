//! The cookies of one browser, kept by the rules of RFC 6265bis as far as one origin needs them.

use moneta_events::Timestamp;

/// One cookie as it was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is sent.
    pub path: String,
    /// Whether scripts cannot read it.
    pub http_only: bool,
    /// Whether it travels over TLS only.
    pub secure: bool,
    /// `SameSite`, as written.
    pub same_site: Option<String>,
    /// `Domain`, as written.
    pub domain: Option<String>,
    /// From then on it is gone; `None` for the life of the browser.
    pub expires_at: Option<Timestamp>,
}

impl Cookie {
    /// Reads a `Set-Cookie` value.
    pub fn parse(field: &str, now: Timestamp) -> Option<Self> {
        let mut parts = field.split(';').map(str::trim);
        let (name, value) = parts.next()?.split_once('=')?;
        let mut cookie = Self {
            name: name.to_owned(),
            value: value.to_owned(),
            path: "/".to_owned(),
            http_only: false,
            secure: false,
            same_site: None,
            domain: None,
            expires_at: None,
        };
        for part in parts {
            let (attribute, value) = part.split_once('=').unwrap_or((part, ""));
            match attribute.to_ascii_lowercase().as_str() {
                "path" => value.clone_into(&mut cookie.path),
                "httponly" => cookie.http_only = true,
                "secure" => cookie.secure = true,
                "samesite" => cookie.same_site = Some(value.to_owned()),
                "domain" => cookie.domain = Some(value.to_owned()),
                "max-age" => {
                    let seconds = value.parse().unwrap_or(0);
                    cookie.expires_at = Some(now.plus_seconds(seconds));
                }
                "expires" if cookie.expires_at.is_none() && value.contains("1970") => {
                    cookie.expires_at = Some(Timestamp::from_seconds(0));
                }
                _ => {}
            }
        }
        Some(cookie)
    }

    /// Whether every browser would keep it: `__Host-` and `__Secure-` promise something, and `Secure`
    /// cookies come only over TLS (some browsers except the machine itself, some do not).
    fn is_acceptable(&self, tls: bool) -> bool {
        let host_rules = self.secure && self.domain.is_none() && self.path == "/";
        let prefix_kept = if self.name.starts_with("__Host-") {
            host_rules
        } else {
            !self.name.starts_with("__Secure-") || self.secure
        };
        prefix_kept && (tls || !self.secure)
    }
}

/// Which site a request comes from, as `SameSite` sees it (RFC 6265bis §5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The provider's own page, or the person's own typing.
    SameSite,
    /// A link or redirect on another site.
    CrossSiteGet,
    /// A form on another site.
    CrossSitePost,
}

impl Origin {
    fn may_carry(self, same_site: Option<&str>) -> bool {
        let same_site = same_site.unwrap_or("lax").to_ascii_lowercase();
        match self {
            Self::SameSite => true,
            Self::CrossSiteGet => same_site != "strict",
            Self::CrossSitePost => same_site == "none",
        }
    }
}

/// All cookies of one browser for the provider's origin.
#[derive(Debug, Clone, Default)]
pub struct Jar {
    cookies: Vec<Cookie>,
}

impl Jar {
    /// Keeps what an answer set.
    pub fn keep<'a>(&mut self, fields: impl Iterator<Item = &'a str>, now: Timestamp, tls: bool) {
        for cookie in fields.filter_map(|field| Cookie::parse(field, now)) {
            if !cookie.is_acceptable(tls) {
                continue;
            }
            self.cookies.retain(|old| (&old.name, &old.path) != (&cookie.name, &cookie.path));
            if cookie.expires_at.is_none_or(|end| end > now) {
                self.cookies.push(cookie);
            }
        }
    }

    /// The `Cookie` header for a path, `None` where there is nothing to send.
    pub fn header(&self, path: &str, now: Timestamp, from: Origin) -> Option<String> {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .filter(|c| c.expires_at.is_none_or(|end| end > now) && path_matches(path, &c.path))
            .filter(|c| from.may_carry(c.same_site.as_deref()))
            .map(|c| format!("{}={}", c.name, c.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// All of them.
    pub fn all(&self) -> &[Cookie] {
        &self.cookies
    }

    /// Puts one in by hand.
    pub fn plant(&mut self, cookie: Cookie) {
        self.cookies.retain(|old| old.name != cookie.name);
        self.cookies.push(cookie);
    }

    /// Throws all away.
    pub fn clear(&mut self) {
        self.cookies.clear();
    }
}

/// RFC 6265 §5.1.4.
fn path_matches(request: &str, cookie: &str) -> bool {
    request
        .strip_prefix(cookie)
        .is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}
