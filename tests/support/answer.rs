//! One HTTP answer, read whole.

use std::time::Duration;

use serde_json::Value;

/// An answer and how long it took.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields in the order they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body without transfer coding.
    pub body: Vec<u8>,
    /// From the first byte sent to the last byte read.
    pub took: Duration,
}

impl Answer {
    /// The only or first field of that name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// All fields of that name.
    pub fn header_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// Where it sends a browser.
    pub fn location(&self) -> Option<&str> {
        self.header("location")
    }

    /// The body as text; what is no UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON, `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// A string member of a JSON body.
    pub fn member(&self, name: &str) -> Option<String> {
        self.json().get(name)?.as_str().map(str::to_owned)
    }

    /// The OAuth error: of a JSON body, or of a redirect's query or fragment, or of a challenge.
    pub fn error(&self) -> Option<String> {
        self.member("error")
            .or_else(|| parameter(self.location()?, "error"))
            .or_else(|| challenge_error(self.header("www-authenticate")?))
    }

    /// Whether a browser would show it as a page.
    pub fn is_html(&self) -> bool {
        self.header("content-type").is_some_and(|t| t.starts_with("text/html"))
    }

    /// Whether a browser would follow it.
    pub fn is_redirect(&self) -> bool {
        matches!(self.status, 301 | 302 | 303 | 307 | 308) && self.location().is_some()
    }

    /// Head and body as text, for scans that must miss nothing.
    pub fn whole(&self) -> String {
        let mut whole = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            whole.push_str(name);
            whole.push_str(": ");
            whole.push_str(value);
            whole.push('\n');
        }
        whole + self.text().as_str()
    }
}

/// A parameter of a URI's query, or else of its fragment.
pub fn parameter(uri: &str, name: &str) -> Option<String> {
    let (before, fragment) = uri.split_once('#').unwrap_or((uri, ""));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    [query, fragment].into_iter().find_map(|text| {
        form_urlencoded::parse(text.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    })
}

fn challenge_error(challenge: &str) -> Option<String> {
    let rest = challenge.split_once("error=\"")?.1;
    Some(rest.split_once('"')?.0.to_owned())
}
