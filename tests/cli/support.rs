//! Runs the program and talks to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

/// The password of the demo's end-users.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// A data directory and what is run on it.
pub(crate) struct Place {
    directory: TempDir,
}

/// What a command said, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().expect("it ends by itself"),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Ended with this code.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    /// Its output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.out.lines().count(), 1, "one line for programs: {}", self.out);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// The program, without what the environment may say.
pub(crate) fn moneta() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moneta"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("MONETA")) {
        command.env_remove(name);
    }
    // A cheaper hash: these are not passwords of anybody.
    command.env("MONETA__PASSWORDS__ITERATIONS", "5").env("MONETA__PASSWORDS__MEMORY_KIB", "7168");
    command.stdin(Stdio::null());
    command
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Writes a file beside the data.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = moneta();
        command.args(arguments).arg("--demo").arg("--data").arg(self.data());
        command
    }

    /// Runs a command of the demo.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&self.command(arguments).output().unwrap())
    }

    /// The same with something on standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Said::of(&child.wait_with_output().unwrap())
    }

    /// A command that ends well, as JSON.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        self.run(&arguments).with(0).json()
    }

    /// Runs a command on another data directory, with no configuration.
    pub(crate) fn run_on(data: &Path, arguments: &[&str]) -> Said {
        Said::of(&moneta().args(arguments).arg("--data").arg(data).output().unwrap())
    }

    /// Serves the demo at any free port.
    pub(crate) fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// The same with more flags.
    pub(crate) fn serve_with(&self, more: &[&str]) -> Server {
        self.serve_as(more, &[])
    }

    /// The same with something else in the environment.
    pub(crate) fn serve_with_env(&self, environment: &[(&str, &str)]) -> Server {
        self.serve_as(&[], environment)
    }

    fn serve_as(&self, more: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(environment.iter().copied());
        let log = std::fs::File::create(self.path("log")).unwrap();
        let mut child = command.args(more).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        out.read_line(&mut first).unwrap();
        let log = || std::fs::read_to_string(self.path("log")).unwrap();
        let at = first.find("http://").unwrap_or_else(|| panic!("{first:?}\n{}", log()));
        let url = first[at..].trim_end().split('"').next().unwrap().to_owned();
        Server { child, out, url }
    }

    /// What a server logged.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }
}

/// A running server. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Server {
    /// Asks it to stop; answers with what it said after its first line.
    pub(crate) fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        rest
    }

    /// The memory it holds, in KiB, without what it maps from files.
    pub(crate) fn own_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn ask(&self, request: &str, headers: &[String], body: &str) -> Answer {
        let address = self.url.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let headers = headers.iter().flat_map(|header| [header, "\r\n"]).collect::<String>();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nUser-Agent: test\r\n\
             Content-Length: {}\r\n{headers}\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// `GET`, as JSON.
    pub(crate) fn get_json(&self, path: &str) -> Value {
        serde_json::from_str(&self.ask(&format!("GET {path}"), &[], "").body).unwrap()
    }

    /// A form for the token endpoint, from a client with a secret.
    pub(crate) fn token(&self, client_id: &str, secret: &str, form: &[(&str, &str)]) -> Answer {
        let basic = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("{client_id}:{secret}"),
        );
        let headers = [
            format!("Authorization: Basic {basic}"),
            "Content-Type: application/x-www-form-urlencoded".to_owned(),
        ];
        self.ask("POST /token", &headers, &encode(form))
    }

    /// Whether a client gets a token for itself.
    pub(crate) fn gives_token(&self, client_id: &str, secret: &str) -> bool {
        let form = [("grant_type", "client_credentials"), ("scope", "api")];
        self.token(client_id, secret, &form).status == 200
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An HTTP answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    /// The values of a header.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        lines.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value).collect()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A query or form.
pub(crate) fn encode(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    query.finish()
}
