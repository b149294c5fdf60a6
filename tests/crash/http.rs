//! HTTP/1.1 over one keep-alive connection, blocking. A connection that breaks is an outcome, not an error:
//! the request may or may not have been carried out.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// An answer.
pub(crate) struct Answer {
    /// The status code.
    pub(crate) status: u16,
    /// `Location`.
    pub(crate) location: Option<String>,
    /// `Set-Cookie`, name and value.
    pub(crate) cookies: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

/// A client of one server.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    /// Not connected yet.
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Sends a request; `None` where the answer never came. A broken connection is not tried twice.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        form: Option<&str>,
    ) -> Option<Answer> {
        let answer = self.exchange(method, target, headers, form);
        if answer.is_none() {
            self.connection = None;
        }
        answer
    }

    fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        form: Option<&str>,
    ) -> Option<Answer> {
        if self.connection.is_none() {
            let stream = TcpStream::connect(self.address).ok()?;
            stream.set_nodelay(true).ok()?;
            stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
            self.connection = Some(BufReader::new(stream));
        }
        let connection = self.connection.as_mut()?;
        let body = form.unwrap_or_default();
        let typed =
            if form.is_some() { "content-type: application/x-www-form-urlencoded\r\n" } else { "" };
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: {}\r\n{typed}{headers}content-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        connection.get_mut().write_all(request.as_bytes()).ok()?;
        read(connection)
    }
}

fn read(connection: &mut BufReader<TcpStream>) -> Option<Answer> {
    let mut line = String::new();
    connection.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut answer = Answer { status, location: None, cookies: Vec::new(), body: String::new() };
    let mut length = 0;
    loop {
        line.clear();
        if connection.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "location" => answer.location = Some(value.to_owned()),
            "set-cookie" => {
                let (name, value) = value.split(';').next()?.split_once('=')?;
                answer.cookies.push((name.to_owned(), value.to_owned()));
            }
            _ => {}
        }
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    answer.body = String::from_utf8(body).ok()?;
    Some(answer)
}
