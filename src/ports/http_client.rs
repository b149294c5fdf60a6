//! Calls to other servers.

use async_trait::async_trait;
use url::Url;

/// Sends requests to other servers, under the rules of whoever made it.
#[async_trait]
pub trait HttpClient: Send + Sync + 'static {
    /// Sends one request and waits for the whole answer. Redirects are answers like any other.
    async fn send(&self, call: Call) -> Result<Answer, CallError>;
}

/// A request to another server.
#[derive(Debug, Clone)]
pub struct Call {
    /// Where to.
    pub url: Url,
    /// Further header fields.
    pub headers: Vec<(&'static str, String)>,
    /// What is sent.
    pub body: Body,
}

/// What a request brings, and so how it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing: a `GET`.
    Nothing,
    /// A form to `POST`.
    Form(String),
    /// JSON to `POST`.
    Json(String),
}

impl Call {
    /// `GET url`.
    pub const fn get(url: Url) -> Self {
        Self { url, headers: Vec::new(), body: Body::Nothing }
    }

    /// `POST` of a form, its fields in order.
    pub fn post(url: Url, fields: &[(&str, &str)]) -> Self {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Self { url, headers: Vec::new(), body: Body::Form(form) }
    }

    /// `POST` of JSON.
    pub const fn post_json(url: Url, json: String) -> Self {
        Self { url, headers: Vec::new(), body: Body::Json(json) }
    }

    /// With a bearer token (RFC 6750 §2.1).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With a further header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The body; text that is no UTF-8 is replaced.
    pub body: String,
}

/// Why nothing came back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Neither scheme nor address may be called.
    #[error("this address may not be called")]
    Forbidden,
    /// The server does not answer, not in time, or not with HTTP.
    #[error("the server does not answer: {0}")]
    Unreachable(String),
    /// Too many calls are under way. Try again shortly.
    #[error("too many calls to other servers are under way")]
    Busy,
    /// The answer is longer than anybody needs.
    #[error("the answer is too long")]
    TooLong,
}
