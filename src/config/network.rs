//! Under which address the provider listens, is known, and may be reached at all.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use url::{Host, Url};

use super::{
    error::Problems,
    raw::{self, Raw},
    resolve::{automatic, period, within},
    resolved::{Destination, Outbound, Server},
    tree::Path,
    uri,
};

pub(super) fn server(raw: &raw::Server, problems: &mut Problems) -> Server {
    let path = Path::to("server");
    let listen = raw.listen.parse().unwrap_or_else(|_| {
        problems.add(&path.key("listen"), "must be address and port, such as 127.0.0.1:8080");
        SocketAddr::from((Ipv4Addr::LOCALHOST, 8080))
    });
    let mut trusted_proxies = Vec::with_capacity(raw.trusted_proxies.len());
    for (index, proxy) in raw.trusted_proxies.iter().enumerate() {
        match proxy.parse::<IpAddr>() {
            Ok(address) => trusted_proxies.push(address),
            Err(_) => problems.add(
                &path.key("trusted_proxies").index(index),
                "must be one IP address, such as 10.0.0.7",
            ),
        }
    }
    within(&path.key("workers"), &raw.workers, &(0..=1_024), problems);
    within(&path.key("max_connections"), &raw.max_connections, &(16..=1_000_000), problems);
    Server {
        listen,
        workers: automatic(raw.workers),
        trusted_proxies,
        admin_socket: raw.admin_socket,
        max_connections: raw.max_connections,
    }
}

/// OpenID Connect Discovery 1.0 §3, RFC 8414 §2: https, no query, no fragment. All endpoints are at the
/// root of the origin, so there is no path either.
pub(super) fn issuer(given: Option<&str>, server: &Server, problems: &mut Problems) -> String {
    let path = Path::to("issuer");
    let listen = server.listen;
    let Some(issuer) = given else {
        if !listen.ip().is_loopback() || listen.port() == 0 {
            problems.add(
                &path,
                "must be set to the address that clients use, such as https://id.example.com (it \
                 follows from server.listen only where that is a loopback address with a port)",
            );
        }
        return format!("http://{listen}");
    };
    let problem = match Url::parse(issuer) {
        Err(_) => Some("must be an address such as https://id.example.com".to_owned()),
        Ok(url) => {
            let local = url.scheme() == "http" && uri::is_loopback(&url);
            let origin = url.origin().ascii_serialization();
            if url.scheme() != "https" && !local {
                Some("must begin with https:// (http:// only on this machine)".to_owned())
            } else if origin != issuer {
                Some(format!(
                    "must be scheme, host and port without user, path, query, fragment or slash at \
                     the end; write `{origin}`"
                ))
            } else if local && !listen.ip().is_loopback() {
                Some(format!(
                    "is plain http and only for this machine, but the server listens on {listen} for \
                     others too; use https or let server.listen be a loopback address"
                ))
            } else if local
                && server.trusted_proxies.is_empty()
                && url.port_or_known_default() != Some(listen.port())
            {
                Some(format!(
                    "names another port than server.listen ({listen}) and there is no proxy in \
                     server.trusted_proxies; use one port for both"
                ))
            } else {
                None
            }
        }
    };
    if let Some(text) = problem {
        problems.add(&path, text);
    }
    issuer.to_owned()
}

/// Where calls may go, and how often.
pub(super) fn outbound(raw: raw::Outbound, problems: &mut Problems) -> Outbound {
    let path = Path::to("outbound");
    let mut allow = Vec::with_capacity(raw.allow.len());
    for (index, text) in raw.allow.iter().enumerate() {
        match destination(text) {
            Some(destination) => allow.push(destination),
            None => problems.add(
                &path.key("allow").index(index),
                "must be a host and a port as they stand in a URL, such as 127.0.0.1:9443 or \
                 jwks.internal:443",
            ),
        }
    }
    let ca_file = raw.ca_file.map(PathBuf::from);
    if let Some(file) = &ca_file
        && let Err(error) = std::fs::File::open(file)
    {
        problems.add(&path.key("ca_file"), format!("cannot read `{}`: {error}", file.display()));
    }
    Outbound {
        allow,
        ca_file,
        calls_per_client: raw.calls_per_client,
        jwks_lifetime: period(
            &path.key("jwks_lifetime"),
            raw.jwks_lifetime,
            &(10..=86_400),
            problems,
        ),
        jwks_refetch: period(&path.key("jwks_refetch"), raw.jwks_refetch, &(1..=300), problems),
    }
}

/// Reads `host:port`. A URL leaves its scheme's own port out, so this is not read as a part of one.
fn destination(text: &str) -> Option<Destination> {
    let (host, port) = text.rsplit_once(':')?;
    let destination = Destination { host: Host::parse(host).ok()?, port: port.parse().ok()? };
    let written = format!("{}:{}", destination.host, destination.port);
    (written == text && destination.port != 0).then_some(destination)
}

/// The demo has well-known passwords, and the playground shows tokens to whoever comes.
pub(super) fn only_for_this_machine(
    raw: &Raw,
    demo: bool,
    issuer: &str,
    listen: SocketAddr,
    problems: &mut Problems,
) {
    let local = listen.ip().is_loopback()
        && Url::parse(issuer).is_ok_and(|url| url.scheme() == "http" || uri::is_loopback(&url));
    if demo && !local {
        problems.add(
            &Path::to("server.listen"),
            "the demo has well-known passwords and must not be reachable from elsewhere; listen on \
             127.0.0.1 with an http issuer, or write a configuration of your own",
        );
    } else if raw.playground && !local {
        problems.add(
            &Path::to("playground"),
            "shows tokens to whoever comes, so it needs a loopback address in server.listen and an \
             http issuer; set it to false",
        );
    } else if raw.backchannel.test_approval && !local {
        problems.add(
            &Path::to("backchannel.test_approval"),
            "lets whoever comes decide in the place of end-users, so it needs a loopback address in \
             server.listen and an http issuer; set it to false",
        );
    }
}

pub(super) fn node(name: &str, problems: &mut Problems) {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !(1..=63).contains(&name.len()) || !name.bytes().all(allowed) {
        problems.add(&Path::to("node"), "must be 1 to 63 small letters, digits or `-`");
    }
}
