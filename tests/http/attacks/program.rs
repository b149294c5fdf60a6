//! The program itself, as an operator starts it, for what only it does: the lines it logs.

use std::{
    fs::File,
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::support::http::Http;

use super::stage::Stage;

/// A running program. Dropping it kills it.
pub struct Program {
    child: Child,
    directory: TempDir,
    http: Http,
}

impl Program {
    /// Starts it with the demo, logging everything in one of its formats.
    pub fn start(log_format: &str) -> Result<Self, String> {
        let said = |e: std::io::Error| e.to_string();
        let directory = tempfile::tempdir().map_err(said)?;
        let log = File::create(directory.path().join("log")).map_err(said)?;
        let mut child = Command::new(env!("CARGO_BIN_EXE_moneta"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--log", "trace"])
            .args(["--log-format", log_format, "--data"])
            .arg(directory.path().join("data"))
            .envs([
                ("MONETA__PASSWORDS__MEMORY_KIB", "7168"),
                ("MONETA__PASSWORDS__ITERATIONS", "5"),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(said)?;
        let out = child.stdout.take().expect("it is piped");
        let mut first = String::new();
        BufReader::new(out).read_line(&mut first).map_err(said)?;
        let at = first.find("http://").ok_or_else(|| format!("it does not serve: {first}"))?;
        let issuer = first[at..].trim_end().split('"').next().unwrap_or_default();
        let address: SocketAddr =
            issuer["http://".len()..].parse().map_err(|e| format!("{issuer}: {e}"))?;
        let http = Http::new(issuer, address);
        Ok(Self { child, directory, http })
    }

    /// Does something with the program in the place of the stage's own provider.
    pub async fn play<T>(&self, stage: &mut Stage, act: impl AsyncFnOnce(&mut Stage) -> T) -> T {
        let http = std::mem::replace(&mut stage.provider.http, self.http.clone());
        let fresh = stage.provider.browser();
        let browser = std::mem::replace(&mut stage.browser, fresh);
        let done = act(stage).await;
        stage.provider.http = http;
        stage.browser = browser;
        done
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
