//! The real binary as a process of its own.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

const BINARY: &str = env!("CARGO_BIN_EXE_moneta");

/// A running provider.
pub(crate) struct Provider {
    /// Where it listens.
    pub(crate) address: SocketAddr,
    process: Child,
}

impl Provider {
    /// Starts the demo on `data` and waits for its first answer.
    pub(crate) fn start(data: &Path, address: Option<SocketAddr>) -> Self {
        let address = address
            .unwrap_or_else(|| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
        let log = std::fs::File::create(data.join("server.log")).unwrap();
        let mut process = Command::new(BINARY)
            .args(["serve", "--demo", "--listen", &address.to_string(), "--data"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !answers(address) {
            let ended = process.try_wait().unwrap();
            let log = || std::fs::read_to_string(data.join("server.log")).unwrap_or_default();
            assert!(ended.is_none(), "the provider ended: {ended:?}\n{}", log());
            assert!(begun.elapsed() < Duration::from_secs(30), "no answer\n{}", log());
            thread::park_timeout(Duration::from_millis(2));
        }
        Self { address, process }
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn answers(address: SocketAddr) -> bool {
    if TcpStream::connect_timeout(&address, Duration::from_millis(200)).is_err() {
        return false;
    }
    let answer = super::http::Client::new(address).send("GET", "/readyz", "", None);
    answer.is_some_and(|answer| answer.status == 200)
}

/// `moneta verify` on the data; says what it said.
pub(crate) fn verify(data: &Path) -> String {
    let output = Command::new(BINARY).args(["verify", "--data"]).arg(data).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the log does not verify: {said}{complained}");
    said
}
