//! `moneta health`: for container health checks, where there is no other HTTP client.

use std::{
    io::{Read as _, Write as _},
    net::{TcpStream, ToSocketAddrs as _},
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::Args;
use url::Url;

use super::{
    exit::{Exit, usage},
    terminal,
};

/// How long a healthy server takes at most.
const PATIENCE: Duration = Duration::from_secs(3);
/// More of the answer than its first lines is not read.
const ENOUGH: u64 = 4096;

/// Ask a running server whether it serves; for health checks of containers
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  moneta health                                          exit code 0: it serves
  moneta health --url http://127.0.0.1:8080/healthz      only whether it answers")]
pub(super) struct Arguments {
    /// What to ask; plain http only
    #[arg(long, default_value = "http://127.0.0.1:8080/readyz")]
    url: Url,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let url = &arguments.url;
    let (Some(host), "http") = (url.host_str(), url.scheme()) else {
        return Err(usage(format!("--url {url}: must begin with http://")));
    };
    let answer = ask(url, host).with_context(|| format!("{url} does not answer"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("{url} answers {}: {}", terminal::tame(status), terminal::tame(body.trim()));
    }
    terminal::print(&format!("{}\n", terminal::tame(body.trim())));
    Ok(Exit::Done)
}

fn ask(url: &Url, host: &str) -> anyhow::Result<String> {
    let port = url.port_or_known_default().unwrap_or(80);
    // An IPv6 address stands in brackets in a URL and without them before a resolver.
    let address = (host.trim_matches(['[', ']']), port).to_socket_addrs()?.next();
    let mut stream = TcpStream::connect_timeout(&address.context("no address")?, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let path = url.path();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ENOUGH).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
