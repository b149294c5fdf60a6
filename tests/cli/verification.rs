//! `moneta verify`, and the check at the start of a server.

use std::{fs, path::PathBuf};

use super::support::Place;

/// A data directory with some history, whose server has stopped.
fn lived() -> Place {
    let place = Place::new();
    place.serve().stop();
    for name in ["one", "two"] {
        place.run(&["user", "add", name, "--no-password"]).with(0);
    }
    place
}

/// A copy of the log alone: no keys, no vault.
fn copy(place: &Place) -> PathBuf {
    let copy = place.path("copy");
    fs::create_dir(&copy).unwrap();
    for file in fs::read_dir(place.data()).unwrap() {
        let file = file.unwrap();
        if file.file_name().to_str().unwrap().starts_with("events.") {
            fs::copy(file.path(), copy.join(file.file_name())).unwrap();
        }
    }
    copy
}

fn edit(data: &std::path::Path, sql: &str) {
    let log = rusqlite::Connection::open(data.join("events.db")).unwrap();
    log.execute_batch(
        "DROP TRIGGER events_are_never_changed; DROP TRIGGER events_are_never_deleted",
    )
    .unwrap();
    log.execute_batch(sql).unwrap();
}

#[test]
fn a_log_is_intact_beside_a_server_and_as_a_copy() {
    let place = lived();
    let server = place.serve();
    let beside = place.json(&["verify"]);
    assert_eq!(beside["intact"], true);
    assert!(beside["events"].as_u64().unwrap() > 30);
    assert_eq!(beside["events"], beside["last_position"]);
    server.stop();
    let copy = copy(&place);
    let said = Place::run_on(&copy, &["verify"]).with(0);
    assert!(said.out.starts_with("intact: "), "{}", said.out);
    let again = Place::run_on(&copy, &["verify", "--json"]).with(0).json();
    assert_eq!(again["log"], beside["log"]);
    Place::run_on(&place.path("nowhere"), &["verify"]).with(1);
}

#[test]
fn a_flipped_byte_is_found_and_named() {
    let place = lived();
    let copy = copy(&place);
    // In the bytes of the file, after what is in the write-ahead log has been moved there.
    let log = rusqlite::Connection::open(copy.join("events.db")).unwrap();
    log.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let (position, body): (i64, String) = log
        .query_row(
            "SELECT position, body FROM events WHERE body ->> 'type' = 'keyring.activated' \
             ORDER BY position LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    drop(log);
    let file = copy.join("events.db");
    let mut bytes = fs::read(&file).unwrap();
    let kid = body.find("\"kid\":\"").unwrap() + 7;
    // Pages keep what was moved out of them, so there may be copies that nobody reads.
    let copies = bytes.windows(body.len()).enumerate();
    let copies: Vec<_> = copies.filter(|(_, text)| *text == body.as_bytes()).collect();
    let places: Vec<usize> = copies.iter().map(|(at, _)| at + kid).collect();
    for at in places {
        bytes[at] ^= 0x01;
    }
    fs::write(&file, &bytes).unwrap();

    let report = Place::run_on(&copy, &["verify", "--json"]).with(3).json();
    assert_eq!(report["intact"], false);
    let finding = &report["findings"][0];
    assert_eq!(finding["position"], position);
    let stream = finding["stream"].as_str().unwrap();
    assert!(body.contains(stream) && stream.starts_with("keyring-"), "{finding}");
    let said = Place::run_on(&copy, &["verify"]).with(3);
    let named = format!("DAMAGED at position {position}\n");
    assert!(said.out.contains(&named) && said.out.contains(stream), "{}", said.out);
}

#[test]
fn the_first_damaged_position_is_named_exactly() {
    for (sql, position) in [
        ("UPDATE events SET body = replace(body, 'ES256', 'ES384') WHERE position = 3", 3),
        ("UPDATE events SET body = 'nonsense' WHERE position = 5", 5),
        ("DELETE FROM events WHERE position = 7", 7),
        (
            "UPDATE events SET body = replace(body, '\"schema\":1', '\"schema\":9') WHERE position = 9",
            9,
        ),
        (
            "UPDATE events SET revision = revision + 1 WHERE stream = \
             (SELECT stream FROM events WHERE position = 12)",
            12,
        ),
    ] {
        let place = lived();
        let copy = copy(&place);
        edit(&copy, sql);
        let report = Place::run_on(&copy, &["verify", "--json"]).with(3).json();
        assert_eq!(report["findings"][0]["position"], position, "{sql}: {report}");
    }
}

#[test]
fn nothing_is_served_from_a_damaged_log() {
    let place = lived();
    edit(
        &place.data(),
        "UPDATE events SET body = replace(body, 'RS256', 'RS384') WHERE position = 1",
    );
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).with(3);
    assert!(said.err.contains("nothing is served from it"), "{}", said.err);
    assert!(said.err.contains("moneta verify"), "{}", said.err);
    assert_eq!(said.out, "");
}
