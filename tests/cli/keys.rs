//! `moneta keys`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::support::{Place, Server};

fn published(server: &Server) -> Vec<(String, String)> {
    let jwks = server.get_json("/jwks");
    let key = |key: &Value| {
        let text = |name: &str| key[name].as_str().unwrap().to_owned();
        (text("alg"), text("kid"))
    };
    jwks["keys"].as_array().unwrap().iter().map(key).collect()
}

#[test]
fn a_rotation_reaches_the_running_server_and_the_old_key_stays() {
    let place = Place::new();
    let server = place.serve();
    let before: BTreeMap<_, _> = published(&server).into_iter().collect();
    assert_eq!(before.len(), 4);

    let done = place.json(&["keys", "rotate", "--alg", "ES256"]);
    let made = &done["keys"][0];
    assert_eq!(made["replaces"], before["ES256"]);
    let after = published(&server);
    let of = |alg: &str| after.iter().filter(|(own, _)| own == alg).count();
    assert_eq!((of("ES256"), of("RS256")), (2, 1));
    assert!(after.contains(&("ES256".to_owned(), made["kid"].as_str().unwrap().to_owned())));
    assert!(after.contains(&("ES256".to_owned(), before["ES256"].clone())));

    let listed = place.json(&["keys", "list"]);
    let state = |kid: &Value| {
        let mut keys = listed.as_array().unwrap().iter();
        keys.find(|key| key["kid"] == *kid).unwrap()["state"].clone()
    };
    assert_eq!(state(&made["kid"]), "active");
    assert_eq!(state(&made["replaces"]), "retiring");
    server.stop();
    assert_eq!(published(&place.serve()).len(), 5, "also after the next start");
}

#[test]
fn old_keys_outlive_the_longest_token() {
    let place = Place::new();
    place.run(&["keys", "rotate"]).with(0);
    let long = ["client", "add", "long", "--grant", "client_credentials", "--scope", "api"];
    place.run(&[&long[..], &["--set", "access_token_lifetime=1d"]].concat()).with(0);
    place.run(&["keys", "rotate", "--alg", "RS256"]).with(0);
    let keys = place.json(&["keys", "list"]);
    let mut keys = keys.as_array().unwrap().iter();
    let old = keys.find(|key| key["state"] == "retiring").unwrap();
    let at = |name: &str| old[name].as_str().unwrap().parse::<moneta_events::Timestamp>().unwrap();
    let overlap = at("published_until").micros_since(at("made_at"));
    assert!(overlap >= 86_400_000_000 + 60_000_000, "{overlap}");
}

#[test]
fn only_configured_algorithms_are_rotated() {
    let place = Place::new();
    let said = place.run(&["keys", "rotate", "--alg", "HS256"]).with(1);
    assert!(said.err.contains("keys.algorithms"), "{}", said.err);
}
