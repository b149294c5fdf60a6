//! HTTP/1.1 by hand: messages no library would send, and many connections that fire together.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::{Instant, timeout},
};

use super::answer::Answer;

/// One open connection.
#[derive(Debug)]
pub struct Wire {
    stream: BufReader<TcpStream>,
}

/// What came back on a raw connection before it was closed or fell silent.
#[derive(Debug)]
pub struct Heard {
    /// The answers, in order.
    pub answers: Vec<Answer>,
    /// Whether the server closed the connection.
    pub closed: bool,
}

impl Wire {
    /// Connects.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends bytes as they are.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes).await
    }

    /// Reads one answer.
    pub async fn read(&mut self) -> io::Result<Answer> {
        let started = Instant::now();
        let status_line = self.line().await?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|code| code.parse().ok())
            .ok_or_else(|| io::Error::other(format!("no status line: {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new(), took: Duration::ZERO };
        answer.body = self.body(&answer).await?;
        answer.took = started.elapsed();
        Ok(answer)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        while matches!(line.last(), Some(b'\r' | b'\n')) {
            line.pop();
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    async fn body(&mut self, answer: &Answer) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        if answer.header("transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            loop {
                let line = self.line().await?;
                let size = usize::from_str_radix(line.trim(), 16).map_err(io::Error::other)?;
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..]).await?;
                self.line().await?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        body.resize(length.unwrap_or(0), 0);
        self.stream.read_exact(&mut body).await?;
        Ok(body)
    }

    /// One request, one answer.
    pub async fn round_trip(&mut self, request: &[u8]) -> io::Result<Answer> {
        let started = Instant::now();
        self.write(request).await?;
        let mut answer = self.read().await?;
        answer.took = started.elapsed();
        Ok(answer)
    }

    /// Everything the server says until it closes the connection or is silent for `patience`.
    pub async fn hear_out(&mut self, patience: Duration) -> Heard {
        let mut answers = Vec::new();
        loop {
            match timeout(patience, self.read()).await {
                Ok(Ok(answer)) => answers.push(answer),
                Ok(Err(_)) => return Heard { answers, closed: true },
                Err(_) => return Heard { answers, closed: false },
            }
        }
    }
}

/// A well-formed `POST` of a form that keeps the connection.
pub fn post(host: &str, path: &str, headers: &[(&str, String)], body: &str) -> Vec<u8> {
    let mut message = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        message.push_str(name);
        message.push_str(": ");
        message.push_str(value);
        message.push_str("\r\n");
    }
    (message + "\r\n" + body).into_bytes()
}
