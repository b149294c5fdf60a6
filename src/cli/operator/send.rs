//! Sends an order to the running server.

use std::{io, path::Path};

use anyhow::{Context as _, anyhow};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::UnixStream,
};
use zeroize::Zeroizing;

use super::{Order, order::Line, socket};
use crate::cli::{exit::Ended, terminal};

/// Why nothing came of it.
pub(super) enum Unsent {
    /// There is no socket, or no server behind it.
    NobodyListens,
    /// Something went wrong on the way.
    Lost(anyhow::Error),
}

/// Sends `order` and waits for what comes of it.
pub(super) async fn send(data: &Path, order: &Order) -> Result<anyhow::Result<Value>, Unsent> {
    let path = socket::path(data);
    let stream = match UnixStream::connect(&path).await {
        Ok(stream) => stream,
        Err(error) => {
            use io::ErrorKind::{ConnectionRefused, NotFound};
            return Err(match error.kind() {
                ConnectionRefused | NotFound => Unsent::NobodyListens,
                _ => Unsent::Lost(anyhow!(
                    "the server's socket {} cannot be reached: {error}",
                    path.display()
                )),
            });
        }
    };
    converse(stream, order).await.map_err(Unsent::Lost)
}

async fn converse(mut stream: UnixStream, order: &Order) -> anyhow::Result<anyhow::Result<Value>> {
    let lost = "the server went away; whether it carried out the order is not known, so look first";
    let mut request = Zeroizing::new(serde_json::to_vec(order)?);
    request.push(b'\n');
    stream.write_all(&request).await.context(lost)?;
    let mut lines = BufReader::new(stream).lines();
    while let Some(line) = lines.next_line().await.context(lost)? {
        let line = Zeroizing::new(line);
        let answer = serde_json::from_str(&line)
            .context("the server's answer cannot be read; is it of another version?")?;
        match answer {
            Line::Progress(text) => terminal::note(&text),
            Line::Done(value) => return Ok(Ok(value)),
            Line::Failed { exit, message } => return Ok(Err(Ended { exit, message }.into())),
        }
    }
    Err(anyhow!(lost))
}
