//! `moneta serve` and `moneta health`.

use std::{
    io::{Read as _, Write as _},
    os::unix::{fs::PermissionsExt as _, net::UnixStream},
};

use super::support::{Place, moneta};

#[test]
fn it_says_where_it_serves_and_stops_in_order() {
    let place = Place::new();
    let server = place.serve();
    let metadata = server.get_json("/.well-known/openid-configuration");
    assert_eq!(metadata["issuer"], server.url.as_str());
    let url = format!("{}/readyz", server.url);
    place.run(&["health", "--url", &url]).with(0);

    let banner = server.stop();
    assert!(banner.contains("/playground") && banner.contains("correct horse"), "{banner}");
    place.run(&["health", "--url", &url]).with(1);
    assert!(!place.data().join("admin.sock").exists());
    assert!(place.log().contains("stopped"), "{}", place.log());
    let entry = "\"type\":\"configuration.stopped\"";
    let log = rusqlite::Connection::open(place.data().join("events.db")).unwrap();
    let last: String = log
        .query_row("SELECT body FROM events ORDER BY position DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    assert!(last.contains(entry), "{last}");
}

#[test]
fn lines_for_programs() {
    let place = Place::new();
    let server = place.serve_with(&["--log-format", "json"]);
    let url = server.url.clone();
    assert_eq!(server.stop(), "");
    let serving = place.log();
    let serving = serving.lines().map(|line| serde_json::from_str(line).unwrap());
    let mut lines: Vec<serde_json::Value> = serving.collect();
    lines.retain(|line| line["message"] == "serving");
    assert_eq!(lines[0]["issuer"], url.as_str());
}

#[test]
fn a_second_server_is_refused() {
    let place = Place::new();
    let _server = place.serve();
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).with(1);
    assert!(said.err.contains("another Moneta writes this log"), "{}", said.err);
    assert_eq!(said.err.matches("another Moneta").count(), 1, "said once: {}", said.err);
}

#[test]
fn the_socket_is_for_its_owner_and_takes_no_nonsense() {
    let place = Place::new();
    let _server = place.serve();
    let socket = place.data().join("admin.sock");
    let mode = std::fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"{\"order\": \"open the vault\"}\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("does not know this order"), "{answer}");
}

#[test]
fn a_server_without_a_socket_must_be_stopped_first() {
    let place = Place::new();
    let file = place.write("moneta.toml", "[server]\nadmin_socket = false\n");
    let file = file.to_str().unwrap();
    let server = place.serve_with(&["--config", file]);
    let disable = ["user", "disable", "alice", "--config", file];
    let said = place.run(&disable).with(1);
    assert!(said.err.contains("server.admin_socket = false"), "{}", said.err);
    server.stop();
    place.run(&disable).with(0);
}

#[test]
fn what_belongs_together_is_not_torn_apart() {
    let place = Place::new();
    place.run(&["user", "add", "carol", "--no-password"]).with(0);
    let (kek, vault) = (place.data().join("kek"), place.data().join("vault.db"));
    let aside = place.path("aside");
    std::fs::rename(&kek, &aside).unwrap();
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).with(1);
    assert!(said.err.contains("without its key nothing in the vault opens"), "{}", said.err);
    assert!(!kek.exists(), "no new key is made for an old vault");
    std::fs::rename(&aside, &kek).unwrap();
    std::fs::rename(&vault, &aside).unwrap();
    let said = place.run(&["serve", "--listen", "127.0.0.1:0"]).with(1);
    assert!(said.err.contains("vault.db is missing, but there are events"), "{}", said.err);
}

#[test]
fn help_is_there_for_every_verb() {
    for verb in ["serve", "transaction", "replay", "verify", "keys", "client", "user", "config"] {
        let output = moneta().args([verb, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(help.contains("Examples:"), "{help}");
    }
}
