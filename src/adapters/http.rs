//! The one client for calls to other servers. Where a call may go is decided on addresses, after names were
//! resolved and before anything is sent, so no name can lead elsewhere than it was looked at.

mod address;
mod tls;

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
use rustls::ClientConfig;
use tokio::sync::Semaphore;
use url::{Host, Url};

use crate::ports::http_client::{Answer, Body, Call, CallError, HttpClient};

pub use tls::{Authorities, CertificatesError};

/// To get a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// For the whole call.
const TOTAL: Duration = Duration::from_secs(5);
/// Bytes of an answer.
const LONGEST: usize = 256 * 1024;
/// Calls under way at once.
const AT_ONCE: usize = 256;

/// A host and port that calls may go to wherever it is, as they stand in a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// A name or literal address.
    pub host: Host,
    /// The port.
    pub port: u16,
}

impl Destination {
    fn is_of(&self, url: &Url) -> bool {
        url.host() == Some(as_ref(&self.host)) && url.port_or_known_default() == Some(self.port)
    }

    /// Whether it is on this machine whatever happens, where nobody listens on the way.
    fn is_here(&self) -> bool {
        match &self.host {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        }
    }
}

fn as_ref(host: &Host) -> Host<&str> {
    match host {
        Host::Domain(name) => Host::Domain(name),
        Host::Ipv4(address) => Host::Ipv4(*address),
        Host::Ipv6(address) => Host::Ipv6(*address),
    }
}

/// Which addresses a name may lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// This machine.
    Loopback,
    /// What a server on the internet can have.
    Internet,
    /// All: the operator said so.
    Anywhere,
}

impl Reach {
    fn includes(self, address: IpAddr) -> bool {
        match self {
            Self::Loopback => address.to_canonical().is_loopback(),
            Self::Internet => address::is_public(address),
            Self::Anywhere => true,
        }
    }
}

/// Names, resolved to the addresses among theirs that may be called. Literal addresses never get here.
struct Resolver(Reach);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> =
                found.filter(|address| reach.includes(address.ip())).collect();
            if allowed.is_empty() {
                let cause = io::Error::other("none of its addresses may be called");
                return Err(cause.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Calls other servers: no redirects, no proxy of the environment, no cookies, bounded in number, time and
/// length.
pub struct OutgoingHttp {
    client: Client,
    reach: Reach,
    /// What the operator allows beside, and the client that goes there.
    allowed: Vec<Destination>,
    trusting: Client,
    under_way: Semaphore,
}

impl OutgoingHttp {
    /// Calls this machine and nothing else, over plain http.
    pub fn to_this_machine() -> Result<Self, CallError> {
        Self::new(Reach::Loopback, Vec::new(), &tls::nobody().map_err(cannot_be_made)?)
    }

    /// Calls servers on the internet over https, and those `allowed` wherever they are; of these, the ones
    /// on this machine over plain http, too. Believes the authorities of the system and `authorities`.
    pub fn to_the_internet(
        allowed: Vec<Destination>,
        authorities: &Authorities,
    ) -> Result<Self, CallError> {
        let tls = tls::system_and(authorities).map_err(cannot_be_made)?;
        Self::new(Reach::Internet, allowed, &tls)
    }

    fn new(reach: Reach, allowed: Vec<Destination>, tls: &ClientConfig) -> Result<Self, CallError> {
        let under_way = Semaphore::new(AT_ONCE);
        let (client, trusting) = (client(reach, tls)?, client(Reach::Anywhere, tls)?);
        Ok(Self { client, reach, allowed, trusting, under_way })
    }

    /// The client that may ask for `url`, if any may. Literal addresses are judged here, as no resolver
    /// sees them.
    fn client_for(&self, url: &Url) -> Option<&Client> {
        if !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        if let Some(destination) = self.allowed.iter().find(|one| one.is_of(url)) {
            let plain = url.scheme() == "http" && destination.is_here();
            return (plain || url.scheme() == "https").then_some(&self.trusting);
        }
        let scheme = if self.reach == Reach::Loopback { "http" } else { "https" };
        let is_included = match url.host()? {
            Host::Ipv4(address) => self.reach.includes(address.into()),
            Host::Ipv6(address) => self.reach.includes(address.into()),
            Host::Domain(_) => true,
        };
        (url.scheme() == scheme && is_included).then_some(&self.client)
    }
}

fn client(reach: Reach, tls: &ClientConfig) -> Result<Client, CallError> {
    Client::builder()
        .tls_backend_preconfigured(tls.clone())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT)
        .timeout(TOTAL)
        // A connection lives on the runtime of the worker that opened it, so none is kept for others.
        .pool_max_idle_per_host(0)
        .dns_resolver(Resolver(reach))
        .build()
        .map_err(|cause| unreachable(&cause))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape `map_err` wants")]
fn cannot_be_made(cause: CertificatesError) -> CallError {
    CallError::Unreachable(cause.to_string())
}

#[async_trait]
impl HttpClient for OutgoingHttp {
    async fn send(&self, call: Call) -> Result<Answer, CallError> {
        let client = self.client_for(&call.url).ok_or(CallError::Forbidden)?;
        let _under_way = self.under_way.try_acquire().map_err(|_| CallError::Busy)?;
        let mut request = match call.body {
            Body::Nothing => client.get(call.url),
            Body::Form(form) => client
                .post(call.url)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form),
            Body::Json(json) => {
                client.post(call.url).header(CONTENT_TYPE, "application/json").body(json)
            }
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
