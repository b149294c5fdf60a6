//! The one client for calls to other servers. Where a call may go is decided on addresses, after names were
//! resolved and before anything is sent, so no name can lead elsewhere than it was looked at.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use async_trait::async_trait;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::CONTENT_TYPE,
    redirect,
};
use url::{Host, Url};

use crate::ports::http_client::{Answer, Call, CallError, HttpClient};

/// To get a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// For the whole call.
const TOTAL: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const LONGEST: usize = 256 * 1024;

/// Which addresses may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressPolicy {
    /// This machine and nothing else, over plain http.
    Loopback,
}

impl AddressPolicy {
    fn allows(self, address: IpAddr) -> bool {
        match self {
            Self::Loopback => address.to_canonical().is_loopback(),
        }
    }

    /// Whether a URL may be asked for at all. Literal addresses are judged here, as no resolver sees them.
    fn allows_url(self, url: &Url) -> bool {
        let scheme = match self {
            Self::Loopback => url.scheme() == "http",
        };
        scheme
            && match url.host() {
                Some(Host::Ipv4(address)) => self.allows(address.into()),
                Some(Host::Ipv6(address)) => self.allows(address.into()),
                Some(Host::Domain(_)) => true,
                None => false,
            }
    }
}

/// Names, resolved to the addresses among theirs that may be called.
struct Resolver(AddressPolicy);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| policy.allows(address.ip())).collect();
            if allowed.is_empty() {
                let cause = io::Error::other("none of its addresses may be called");
                return Err(cause.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Calls other servers: no redirects, no proxy of the environment, no cookies, bounded in time and length.
pub struct OutgoingHttp {
    client: Client,
    policy: AddressPolicy,
}

impl OutgoingHttp {
    /// A client that calls the addresses of `policy`.
    pub fn new(policy: AddressPolicy) -> Result<Self, CallError> {
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(TOTAL)
            // A connection lives on the runtime of the worker that opened it, so none is kept for others.
            .pool_max_idle_per_host(0)
            .dns_resolver(Resolver(policy))
            .build()
            .map_err(|cause| unreachable(&cause))?;
        Ok(Self { client, policy })
    }
}

#[async_trait]
impl HttpClient for OutgoingHttp {
    async fn send(&self, call: Call) -> Result<Answer, CallError> {
        if !self.policy.allows_url(&call.url) {
            return Err(CallError::Forbidden);
        }
        let mut request = match call.form {
            None => self.client.get(call.url),
            Some(form) => self
                .client
                .post(call.url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
        };
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|cause| unreachable(&cause))?;
        let status = response.status().as_u16();
        Ok(Answer { status, body: body(response).await? })
    }
}

async fn body(mut response: Response) -> Result<String, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|cause| unreachable(&cause))? {
        if body.len() + chunk.len() > LONGEST {
            return Err(CallError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// What the innermost cause says: the outer ones repeat the address.
fn unreachable(cause: &dyn std::error::Error) -> CallError {
    let mut innermost = cause;
    while let Some(inner) = innermost.source() {
        innermost = inner;
    }
    CallError::Unreachable(innermost.to_string())
}

#[cfg(test)]
mod tests;
