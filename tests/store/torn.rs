//! A write-ahead log that a crash cut short, at every place where it can be cut.

use std::{fs, path::Path};

use moneta::store::{Append, EventStore, Expected, sqlite::SqliteLog};
use moneta_events::Recorded;

use crate::samples::{append, event, everything, new_stream};

/// SQLite's file format, section 4: the sizes of the log's header, a frame's header and a page.
const HEADER: usize = 32;
const FRAME: usize = 24 + 4096;

/// How many places inside each frame are tried besides its edges.
const PLACES: usize = 16;

#[tokio::test]
async fn whatever_the_cut_the_log_opens_to_a_prefix() {
    let directory = tempfile::tempdir().unwrap();
    let (database, wal, complete, lengths) = crash(directory.path()).await;
    let frames = (wal.len() - HEADER) / FRAME;
    let edges = (0..=frames).map(|frame| HEADER + frame * FRAME);
    let places = edges
        .clone()
        .take(frames)
        .flat_map(|edge| (1..=PLACES).map(move |place| edge + place * FRAME / (PLACES + 1)));
    let mut cuts: Vec<usize> = [0, 1, HEADER / 2].into_iter().chain(edges).chain(places).collect();
    cuts.sort_unstable();

    let mut kept = 0;
    for cut in cuts {
        let scratch = tempfile::tempdir().unwrap();
        fs::write(scratch.path().join("events.db"), &database).unwrap();
        fs::write(scratch.path().join("events.db-wal"), &wal[..cut]).unwrap();
        if (cut.saturating_sub(HEADER)).is_multiple_of(FRAME) {
            let offline = SqliteLog::open_read_only(scratch.path()).unwrap();
            let found = everything(&offline).await;
            assert_eq!(found, complete[..found.len()], "cut at {cut}");
        }
        let log = SqliteLog::open(scratch.path()).unwrap();
        let found = everything(&log).await;
        assert_eq!(found, complete[..found.len()], "cut at {cut}");
        assert!(lengths.contains(&found.len()), "half an append is left by the cut at {cut}");
        assert!(found.len() >= kept, "a longer log holds less: cut at {cut}");
        kept = found.len();

        let appended =
            log.append(append(new_stream(), Expected::NoStream, "goes on")).await.unwrap();
        assert_eq!(appended.last_position, kept as u64 + 1);
    }
    assert_eq!(kept, complete.len());
}

/// A log whose events are all in the write-ahead log still: both files, the events, and how many there
/// were after each append.
async fn crash(directory: &Path) -> (Vec<u8>, Vec<u8>, Vec<Recorded>, Vec<usize>) {
    let log = SqliteLog::open(directory).unwrap();
    let stream = new_stream();
    let mut lengths = vec![0];
    for size in [1, 2, 40, 1, 400, 3] {
        let last = lengths.last().unwrap();
        let expected = match last {
            0 => Expected::NoStream,
            &count => Expected::Revision(count as u64 - 1),
        };
        let bodies = (0..size).map(|_| event("enough text to fill a page or two")).collect();
        log.append(Append { stream, expected, bodies }).await.unwrap();
        lengths.push(last + size);
    }
    let complete = everything(&log).await;
    let file = |name| fs::read(directory.join(name)).unwrap();
    (file("events.db"), file("events.db-wal"), complete, lengths)
}
