//! Well-formed requests to one provider, whatever its issuer is called.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use reqwest::{
    Client, Method,
    header::{HeaderName, HeaderValue},
};

use super::answer::Answer;

/// The name and value of a header field.
pub type Header = (&'static str, String);

/// Sends requests to the provider's address; URLs name its issuer.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    issuer: String,
    address: SocketAddr,
}

impl Http {
    /// For the provider that calls itself `issuer` and listens at `address`.
    pub fn new(issuer: &str, address: SocketAddr) -> Self {
        Self::build(issuer, address, None)
    }

    /// The same provider, asked from another address of this machine.
    pub fn sent_from(&self, source: IpAddr) -> Self {
        Self::build(&self.issuer, self.address, Some(source))
    }

    fn build(issuer: &str, address: SocketAddr, source: Option<IpAddr>) -> Self {
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .local_address(source)
            .build()
            .expect("a client without TLS needs nothing of the system");
        Self { client, issuer: issuer.to_owned(), address }
    }

    /// The issuer, which is the origin of all its endpoints.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether browsers reach the issuer over TLS.
    pub fn is_tls(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    /// The path and query below the issuer's origin, `None` for another origin.
    pub fn local<'a>(&self, target: &'a str) -> Option<&'a str> {
        if target.starts_with('/') && !target.starts_with("//") && !target.starts_with("/\\") {
            return Some(target);
        }
        let rest = target.strip_prefix(&self.issuer)?;
        match rest.as_bytes().first() {
            None => Some("/"),
            Some(b'/' | b'?') => Some(rest),
            Some(_) => None,
        }
    }

    /// `GET` a URL or path.
    pub async fn get(&self, target: &str, headers: &[Header]) -> Answer {
        self.send("GET", target, headers, None).await
    }

    /// `POST` a form.
    pub async fn post(
        &self,
        target: &str,
        headers: &[Header],
        form: &[(String, String)],
    ) -> Answer {
        let mut headers = headers.to_vec();
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("content-type", "application/x-www-form-urlencoded".to_owned()));
        }
        self.send("POST", target, &headers, Some(encode(form).into_bytes())).await
    }

    /// Any method, any body. Fields of one name are all sent; `Host` replaces the issuer's.
    ///
    /// # Panics
    /// Where there is no answer: the provider is gone.
    pub async fn send(
        &self,
        method: &str,
        target: &str,
        headers: &[Header],
        body: Option<Vec<u8>>,
    ) -> Answer {
        let path = self.local(target).unwrap_or_else(|| panic!("{target} is not the provider's"));
        let method = Method::from_bytes(method.as_bytes()).expect("a method is a token");
        let mut request = self.client.request(method, format!("http://{}{path}", self.address));
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            request = request.header("host", self.authority());
        }
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a field name is a token");
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a field value is text");
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let started = Instant::now();
        let response = request.send().await.expect("the provider answers");
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(n, v)| {
                (n.as_str().to_owned(), String::from_utf8_lossy(v.as_bytes()).into_owned())
            })
            .collect();
        let body = response.bytes().await.expect("the body is whole").to_vec();
        Answer { status, headers, body, took: started.elapsed() }
    }

    /// Host and port of the issuer, as browsers name it.
    pub fn authority(&self) -> String {
        let rest = self.issuer.split_once("://").map_or(&*self.issuer, |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest).to_owned()
    }
}

/// `application/x-www-form-urlencoded`.
pub fn encode<N: AsRef<str>, V: AsRef<str>>(pairs: &[(N, V)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// Owned pairs of a form.
pub fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
