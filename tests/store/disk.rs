//! A disk that fails or is full: every write and every flush in turn, in a process of its own. What was
//! acknowledged is there, what was refused is not, and writing goes on when the disk works again.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::OnceLock,
};

use moneta::store::{Append, AppendError, EventStore, Expected, sqlite::SqliteLog};
use tempfile::TempDir;

use crate::samples::{assert_ordered, event, everything, stream};

/// Set for the process that writes to the failing disk: where, and how many events an append has.
const DIRECTORY: &str = "DISK_DIRECTORY";
const EVENTS: &str = "DISK_EVENTS";

const EIO: u32 = 5;
const ENOSPC: u32 = 28;

/// How many appends the writing process makes, and how many more where the disk still fails by then. The
/// longest failure lasts 30 calls, and each attempt makes at least one.
const APPENDS: u64 = 6;
const PATIENCE: u64 = 40;

#[test]
fn any_call_may_fail() {
    let calls = write_on(&Disk { calls: "any", ..Disk::WORKING }, 2);
    assert!(calls > 60, "{calls}");
    for first in 1..=calls {
        write_on(&Disk { calls: "any", first, count: 1, errno: EIO }, 2);
    }
    for first in (1..=calls).step_by(3) {
        write_on(&Disk { calls: "any", first, count: 9, errno: ENOSPC }, 2);
    }
}

#[test]
fn any_flush_may_fail() {
    let calls = write_on(&Disk { calls: "sync", ..Disk::WORKING }, 200);
    for first in 1..=calls {
        for count in [1, 4] {
            write_on(&Disk { calls: "sync", first, count, errno: EIO }, 200);
        }
    }
}

#[test]
fn moving_the_write_ahead_log_may_fail() {
    let calls = write_on(&Disk { calls: "write", ..Disk::WORKING }, 200);
    assert!(calls > 2_000, "{calls}");
    for first in (1..=calls).step_by(calls / 16) {
        write_on(&Disk { calls: "write", first, count: 1, errno: EIO }, 200);
        write_on(&Disk { calls: "write", first, count: 30, errno: ENOSPC }, 200);
    }
}

/// What fails.
struct Disk {
    calls: &'static str,
    first: usize,
    count: usize,
    errno: u32,
}

impl Disk {
    const WORKING: Self = Self { calls: "any", first: 0, count: 0, errno: EIO };
}

/// Lets a process write to a new log on such a disk, then checks on a working one what it said against
/// what is there. Returns how many calls it made.
fn write_on(disk: &Disk, events: usize) -> usize {
    let directory = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "disk::writes_to_the_failing_disk", "--nocapture"])
        .env("LD_PRELOAD", failing_disk())
        .env("DISK_CALLS", disk.calls)
        .env("DISK_FIRST", disk.first.to_string())
        .env("DISK_COUNT", disk.count.to_string())
        .env("DISK_ERRNO", disk.errno.to_string())
        .env(DIRECTORY, directory.path())
        .env(EVENTS, events.to_string())
        .output()
        .unwrap();
    let case = format!("{} {}+{} errno {}", disk.calls, disk.first, disk.count, disk.errno);
    check(&output, directory.path(), events, &case)
}

#[tokio::main(flavor = "current_thread")]
async fn check(output: &Output, directory: &Path, events: usize, case: &str) -> usize {
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{case}\n{said}\n{errors}");

    let log = SqliteLog::open(directory).unwrap();
    let all = everything(&log).await;
    assert_ordered(&all);
    let mut held: HashMap<_, usize> = HashMap::new();
    for event in &all {
        *held.entry(event.stream).or_default() += 1;
    }
    let mut answers = 0;
    for line in said.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let ["append", number, answer, seen] = words[..] else { continue };
        let count = held.remove(&stream(number.parse().unwrap())).unwrap_or(0);
        assert!(count == 0 || count == events, "{case}: half an append\n{said}");
        let there = count == events;
        assert_eq!(there, seen == "seen", "{case}: a read said otherwise\n{said}");
        match answer {
            "ok" => assert!(there, "{case}: an acknowledged append is lost\n{said}"),
            "unavailable" => assert!(!there, "{case}: a refused append is there\n{said}"),
            "unknown" => {}
            _ => panic!("{case}: {line}"),
        }
        answers += 1;
    }
    assert!(answers >= APPENDS, "{case}\n{said}");
    assert!(held.is_empty(), "{case}: nobody asked for this\n{said}");
    let calls = errors.lines().find_map(|line| line.strip_prefix("calls ")).unwrap();
    calls.parse().unwrap()
}

/// Does nothing unless it is the process that writes to the failing disk.
#[tokio::test]
async fn writes_to_the_failing_disk() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let events: usize = std::env::var(EVENTS).unwrap().parse().unwrap();
    let directory = PathBuf::from(directory);
    let mut opened = (0..PATIENCE).map(|_| SqliteLog::open(&directory));
    let log = opened.find_map(Result::ok).expect("the log opens once the disk works");

    let text = "x".repeat(3_000);
    let attempt = async |number: u64| {
        let bodies = vec![event(&text); events];
        let stream = stream(number);
        let answer = log.append(Append { stream, expected: Expected::NoStream, bodies }).await;
        let word = match answer {
            Ok(_) => "ok",
            Err(AppendError::Unknown(_)) => "unknown",
            Err(AppendError::Unavailable(_)) => "unavailable",
            Err(other) => panic!("{other}"),
        };
        let seen = !log.read(stream, 0, 1).await.unwrap().is_empty();
        println!("\nappend {number} {word} {}", if seen { "seen" } else { "unseen" });
        word == "ok"
    };
    for number in 0..APPENDS {
        attempt(number).await;
    }
    for number in APPENDS.. {
        if attempt(number).await {
            break;
        }
        assert!(number < APPENDS + PATIENCE, "writing goes on once the disk works");
    }
}

/// The library that makes calls fail, compiled once by the compiler that built SQLite.
fn failing_disk() -> &'static Path {
    static LIBRARY: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("failing_disk.so");
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let status = Command::new(compiler)
            .args(["-O1", "-shared", "-fPIC", "-Wall", "-Werror", "-o"])
            .arg(&path)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store/failing_disk.c"))
            .arg("-ldl")
            .status()
            .unwrap();
        assert!(status.success(), "the C compiler that builds SQLite is needed");
        (directory, path)
    });
    path
}
