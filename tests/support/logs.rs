//! What the servers of this process logged, and what panicked in them.

use std::{
    fmt::Write as _,
    io,
    sync::{Mutex, Once, PoisonError},
};

use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

static LOG: Mutex<String> = Mutex::new(String::new());
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static STARTED: Once = Once::new();

/// Captures everything from here on: JSON lines of all of the server's own levels, and panics that do
/// not come from a test's own assertion.
pub fn capture() {
    STARTED.call_once(|| {
        let filter = EnvFilter::new("warn,moneta=trace,actix_server=debug,actix_web=debug");
        tracing_subscriber::fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(Buffer)
            .try_init()
            .expect("nothing else in this process subscribes to the log");
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let in_test = panic.location().is_some_and(|at| at.file().starts_with("tests/"));
            if !in_test {
                let thread = std::thread::current().name().unwrap_or("unnamed").to_owned();
                let mut note = format!("thread {thread}: ");
                let _ = write!(note, "{panic}");
                lock(&PANICS).push(note);
            }
            before(panic);
        }));
    });
}

/// The log so far, as text.
pub fn text() -> String {
    lock(&LOG).clone()
}

/// How far the log has come; for [`since`].
pub fn mark() -> usize {
    lock(&LOG).len()
}

/// What was logged after a mark, by all servers of this process.
pub fn since(mark: usize) -> String {
    lock(&LOG)[mark..].to_owned()
}

/// Whether the log holds a text. Lines are JSON, so a text with quotes is looked for as JSON writes it.
pub fn contains(needle: &str) -> bool {
    let escaped = serde_json::to_string(needle).expect("text is JSON");
    lock(&LOG).contains(&escaped[1..escaped.len() - 1])
}

/// What panicked in the servers.
pub fn panics() -> Vec<String> {
    lock(&PANICS).clone()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Debug, Clone, Copy)]
struct Buffer;

impl io::Write for Buffer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        lock(&LOG).push_str(&String::from_utf8_lossy(line));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self::Writer {
        *self
    }
}
