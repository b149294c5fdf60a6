//! The client's side of a flow: an address that takes answers and shows a page.

use std::{
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const PAGE: &str = "<!doctype html><html lang=en><title>Client</title><h1>Back at the client</h1>";

/// A client that takes what the browser brings.
pub(crate) struct Client {
    redirect_uri: String,
    answers: Arc<Mutex<Vec<Answer>>>,
}

/// An authorization response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// `GET` or `POST`.
    pub(crate) method: String,
    parameters: Vec<(String, String)>,
}

impl Answer {
    /// A parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

impl Client {
    /// Listens on a port of its own.
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let answers = Arc::<Mutex<Vec<Answer>>>::default();
        let taken = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                tokio::spawn(serve(connection, Arc::clone(&taken)));
            }
        });
        Self { redirect_uri: format!("http://{address}/cb"), answers }
    }

    /// Where it listens.
    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// What came, in order.
    pub(crate) fn answers(&self) -> Vec<Answer> {
        self.answers.lock().expect("nobody panics while holding it").clone()
    }

    /// The only answer that came.
    pub(crate) fn answer(&self) -> Answer {
        let [answer] = &self.answers()[..] else { panic!("one answer, not {:?}", self.answers()) };
        answer.clone()
    }
}

/// Serves one request; a browser opens connections that it never uses, too.
async fn serve(mut connection: TcpStream, answers: Arc<Mutex<Vec<Answer>>>) -> Option<()> {
    let mut request = Vec::new();
    let (head, body) = loop {
        if connection.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        let text = std::str::from_utf8(&request).expect("browsers send ASCII");
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if length.is_none_or(|length| length.parse() == Ok(body.len())) {
            break (head.to_owned(), body.to_owned());
        }
    };
    let mut words = head.split(' ').map(str::to_owned);
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    if path == "/cb" {
        let encoded = if method == "POST" { &body } else { query };
        let parameters = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
        let mut answers = answers.lock().expect("nobody panics while holding it");
        answers.push(Answer { method, parameters });
    }
    let length = PAGE.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{PAGE}"
    );
    connection.write_all(answer.as_bytes()).await.ok()
}
