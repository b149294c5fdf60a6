//! `moneta transaction` and `moneta replay`.

use serde_json::Value;

use super::{
    browser::Browser,
    support::{Place, Server},
};

/// One login with everything that can go wrong in it and still end well; then a stolen refresh token.
fn live(server: &Server) {
    let mut browser = Browser::new(server);
    let code = browser.sign_in();
    let wrong = "wrong-wrong-wrong-wrong-wrong-wrong-wrong-wrong";
    assert_eq!(browser.redeem(&code, Some(wrong)).status, 400);
    let tokens = browser.redeem(&code, None).json();
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(browser.refresh(refresh_token).status, 200);
    assert_eq!(browser.refresh(refresh_token).status, 400);
    assert!(Browser::new(server).authorize(&[("prompt", "none")]).contains("login_required"));
    assert!(server.gives_token("low", "low-secret-0123456789abcdef0123456789abcdef"));
}

fn list(place: &Place, more: &[&str]) -> Vec<Value> {
    let listed = place.json(&[&["transaction", "list"], more].concat());
    listed["transactions"].as_array().unwrap().clone()
}

#[test]
fn transactions_are_listed_beside_a_server_and_without_one() {
    let place = Place::new();
    let server = place.serve();
    live(&server);
    for server in [Some(server), None] {
        assert_eq!(list(&place, &[]).len(), 3);
        let of_alice = list(&place, &["--user", "alice"]);
        assert_eq!(of_alice.len(), 1);
        assert_eq!(of_alice[0]["state"], "revoked");
        assert_eq!(of_alice[0]["outcome"], "success");
        let sub = of_alice[0]["subject"].as_str().unwrap();
        assert_eq!(list(&place, &["--subject", sub]), of_alice);
        assert_eq!(list(&place, &["--reason", "login_required"])[0]["state"], "refused");
        assert_eq!(list(&place, &["--client", "low"])[0]["grant_type"], "client_credentials");
        assert_eq!(list(&place, &["--until", "1h"]).len(), 0);
        assert_eq!(list(&place, &["--since", "1h", "--outcome", "success"]).len(), 2);
        place.run(&["transaction", "list", "--user", "nobody"]).with(4);

        let page = place.json(&["transaction", "list", "--limit", "2"]);
        let rest = list(&place, &["--after", page["next"].as_str().unwrap()]);
        assert_eq!(rest.len(), 1);
        server.map(Server::stop);
    }
}

#[test]
fn a_read_model_is_used_as_far_as_it_goes() {
    let place = Place::new();
    let server = place.serve();
    live(&server);
    let expected = list(&place, &[]);
    server.stop();
    let read = place.data().join("read.db");
    let clear = || {
        for name in ["read.db", "read.db-wal", "read.db-shm"] {
            let _ = std::fs::remove_file(place.data().join(name));
        }
    };
    let other = Place::new();
    other.serve().stop();
    for (from, events) in [(&place, 0), (&place, 35), (&place, u64::MAX), (&other, u64::MAX)] {
        clear();
        fill(&read, from, events);
        assert_eq!(list(&place, &[]), expected, "{events}");
    }
    clear();
    std::fs::write(&read, "no database").unwrap();
    assert_eq!(list(&place, &[]), expected);
}

/// Makes a read model that has seen so many events of a log.
fn fill(read: &std::path::Path, of: &Place, events: u64) {
    let log = moneta::store::sqlite::SqliteLog::open_read_only(&of.data()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let source = |after: u64, limit: usize| {
        let mut page = runtime.block_on(moneta::store::EventStore::read_all(&log, after, limit))?;
        page.retain(|event| event.position <= events);
        Ok::<_, moneta::store::Unavailable>(page)
    };
    let mut connection = moneta_projections::database::open(read).unwrap();
    let timeline = moneta_projections::timeline::Timeline;
    moneta_projections::catch_up(&mut connection, &[&timeline], source, |_| {}).unwrap();
}

#[test]
fn one_is_shown_with_its_reasons_and_what_operators_may_see() {
    let place = Place::new();
    let server = place.serve();
    live(&server);
    let id = list(&place, &["--user", "alice"])[0]["stream"].as_str().unwrap().to_owned();
    let uuid = id.strip_prefix("transaction-").unwrap();
    let shown = place.json(&["transaction", "show", uuid]);
    assert_eq!(shown["stream"], id.as_str());
    assert_eq!(shown["chain"]["verdict"], "verified");
    let entries = shown["entries"].as_array().unwrap();
    let types: Vec<_> = entries.iter().map(|entry| entry["type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "transaction.requested",
            "transaction.authentication_failed",
            "transaction.authenticated",
            "transaction.consented",
            "transaction.code_issued",
            "transaction.code_refused",
            "transaction.code_exchanged",
            "token.issued",
            "token.rotated",
            "token.replayed",
            "token.revoked",
        ]
    );
    assert_eq!(entries[1]["reason"], "password_wrong");
    assert_eq!(entries[5]["rule"], "RFC 7636 §4.6");
    assert_eq!(entries[6]["state"]["phase"], "exchanged");
    assert!(entries[6]["since_previous"].as_i64().unwrap() >= 0);
    let field = |entry: &Value, name: &str| {
        let mut fields = entry["personal"].as_array().unwrap().iter();
        fields.find(|field| field["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(field(&entries[0], "login_hint"), "alice");
    assert_eq!(field(&entries[0], "source")["address"], "127.0.0.1");
    assert_eq!(field(&entries[0], "source")["user_agent"], "test");
    assert_eq!(field(&entries[1], "username"), "alice");

    let text = place.run(&["transaction", "show", &id]).with(0).out;
    assert!(text.contains("chain verified"), "{text}");
    assert!(text.contains("because password_wrong: Username or password is wrong."), "{text}");
    assert!(!text.contains('\x1b'), "no colours into a pipe");
    let redacted = place.run(&["transaction", "show", &id, "--redact"]).with(0).out;
    assert!(!redacted.contains("alice") && !redacted.contains("127.0.0.1"), "{redacted}");
    place.run(&["transaction", "show", "01930a5e-7c1b-7d3e-9f00-2b1c3d4e5f60"]).with(4);
    place.run(&["transaction", "show", "something"]).with(2);
}

#[test]
fn every_stream_replays_to_what_is_on_record() {
    let place = Place::new();
    let server = place.serve();
    live(&server);
    place.run(&["keys", "rotate", "--alg", "EdDSA"]).with(0);
    place.run(&["user", "disable", "bob"]).with(0);
    server.stop();
    let log = rusqlite::Connection::open(place.data().join("events.db")).unwrap();
    let mut names = log.prepare("SELECT body FROM events WHERE revision = 0").unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap().map(|body| {
        let envelope: Value = serde_json::from_str(&body.unwrap()).unwrap();
        envelope["stream"].as_str().unwrap().to_owned()
    });
    let names: Vec<_> = names.collect();
    let kinds: std::collections::BTreeSet<_> =
        names.iter().map(|name| name.split('-').next().unwrap()).collect();
    assert!(kinds.len() >= 8, "{kinds:?}");
    for name in names {
        let said = Place::run_on(&place.data(), &["replay", &name, "--json"]);
        assert_eq!(said.code, 0, "{name}: {}{}", said.out, said.err);
        assert_eq!(said.json()["consistent"], true);
    }
}

#[test]
fn a_record_that_the_rules_would_not_make_is_inconsistent() {
    let place = Place::new();
    let server = place.serve();
    live(&server);
    let id = list(&place, &["--user", "alice"])[0]["stream"].as_str().unwrap().to_owned();
    server.stop();
    let log = rusqlite::Connection::open(place.data().join("events.db")).unwrap();
    // The last event of a stream: no digest after it tells that it was changed.
    log.execute_batch(&format!(
        "DROP TRIGGER events_are_never_changed;
         UPDATE events SET body = replace(body, 'refresh_token_replayed', 'user')
         WHERE body LIKE '%\"stream\":\"{id}\"%' AND body LIKE '%\"type\":\"token.revoked\"%'"
    ))
    .unwrap();
    drop(log);
    let said = place.run(&["replay", &id]).with(3);
    assert!(said.out.contains("the rules of this version do not come to"), "{}", said.out);
    assert!(said.out.contains("token.revoked"), "{}", said.out);
}
