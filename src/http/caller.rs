//! Who is calling, from where, and with which cookies.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::{HttpRequest, http::header};
use moneta_events::{Actor, StreamId, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use super::{op::Op, throttles::Place};
use crate::engine::{order::Context, privacy::DataKey};

/// Characters kept of a user agent.
const USER_AGENT: usize = 256;

/// The circumstances of one request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// When it came.
    pub now: Timestamp,
    /// The address it came from, behind the proxies that are believed.
    pub address: IpAddr,
    /// Its place in the network.
    pub place: Place,
    /// Names the request in events and logs.
    pub request: Uuid,
    user_agent: Option<String>,
}

/// What the `source` field of an envelope says.
#[derive(Serialize)]
struct Source<'a> {
    address: IpAddr,
    user_agent: Option<&'a str>,
}

impl Caller {
    /// Reads the circumstances of a request.
    pub fn of(request: &HttpRequest, op: &Op) -> Self {
        let now = op.now();
        let address = address(request, &op.terms.trusted_proxies);
        let user_agent =
            request.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok());
        Self {
            now,
            address,
            place: address.into(),
            request: op.entropy().uuid(now),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT).collect()),
        }
    }

    /// The circumstances of an order on `stream`, the source sealed under `key`.
    pub fn context(&self, op: &Op, stream: StreamId, actor: Actor, key: &DataKey) -> Context {
        let source = Source { address: self.address, user_agent: self.user_agent.as_deref() };
        let source = serde_json::to_vec(&source).unwrap_or_default();
        Context {
            now: self.now,
            actor,
            source: Some(key.seal(stream, "envelope", "source", &source, op.entropy())),
            transaction: None,
            causation: self.request,
            correlation: stream.uuid,
        }
    }
}

/// The peer's address or, where the peer is a believed proxy, the last address in `X-Forwarded-For` that
/// is not one.
fn address(request: &HttpRequest, trusted: &[IpAddr]) -> IpAddr {
    let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
    if !trusted.contains(&peer) {
        return peer;
    }
    let forwarded = request.headers().get_all("x-forwarded-for");
    let hops: Vec<IpAddr> = forwarded
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|hop| hop.trim().parse().ok())
        .collect();
    hops.into_iter().rev().find(|hop| !trusted.contains(hop)).unwrap_or(peer)
}

/// The value of a cookie; the first one where it came twice.
pub fn cookie<'r>(request: &'r HttpRequest, name: &str) -> Option<&'r str> {
    request
        .headers()
        .get_all(header::COOKIE)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(own, _)| *own == name)
        .map(|(_, value)| value)
}

/// The names of the provider's cookies; with the `__Host-` prefix on https, so that no neighbour host can
/// set them.
#[derive(Debug, Clone, Copy)]
pub struct CookieNames {
    secure: bool,
}

impl CookieNames {
    /// For an issuer on https, or not.
    pub const fn new(secure: bool) -> Self {
        Self { secure }
    }

    /// The session.
    pub const fn session(self) -> &'static str {
        if self.secure { "__Host-moneta_session" } else { "moneta_session" }
    }

    /// The browser a transaction is bound to.
    pub const fn browser(self) -> &'static str {
        if self.secure { "__Host-moneta_browser" } else { "moneta_browser" }
    }

    /// The account that last signed in with this browser.
    pub const fn known(self) -> &'static str {
        if self.secure { "__Host-moneta_known" } else { "moneta_known" }
    }

    /// A first step of signing in to the account that was done.
    pub const fn first_step(self) -> &'static str {
        if self.secure { "__Host-moneta_first_step" } else { "moneta_first_step" }
    }

    /// A `Set-Cookie` value. `max_age` is in seconds.
    pub fn set(self, name: &str, value: &str, max_age: u32) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}")
    }
}
