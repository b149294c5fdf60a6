use moneta_events::{
    Category, Sealed, StreamId, Timestamp,
    client::{self, ClientEvent, ClientMetadata, ClientSecret},
    subject::{self as person, SubjectEvent},
};
use moneta_projections::{
    QueryError, database,
    registry::{Clients, State, Subjects, clients, subjects, web_origins},
};
use rusqlite::Connection;

use crate::support::{Log, at, digest, stream, subject};

fn built(log: &Log) -> Connection {
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&Clients, &Subjects]).0.unwrap();
    connection
}

fn client_stream(number: u128) -> StreamId {
    stream(Category::Client, number)
}

fn metadata(id: &str, method: &str, origins: &[&str]) -> ClientMetadata {
    serde_json::from_value(serde_json::json!({
        "client_id": id,
        "client_name": format!("Client {id}"),
        "token_endpoint_auth_method": method,
        "web_origins": origins,
    }))
    .unwrap()
}

fn registered(metadata: ClientMetadata) -> ClientEvent {
    ClientEvent::Registered(Box::new(client::Registered { metadata, secret: None }))
}

#[test]
fn a_client_is_listed_as_it_is_now() {
    let mut log = Log::default();
    log.add(client_stream(1), &registered(metadata("web", "client_secret_basic", &[])));
    log.seconds = 5;
    let changed = metadata("web", "none", &["https://spa.example"]);
    let updated = client::Updated { metadata: changed, changed: Vec::new() };
    log.add(client_stream(1), &ClientEvent::Updated(Box::new(updated)));
    let page = clients(&built(&log), None, 10).unwrap();
    let [row] = &page.rows[..] else { panic!("{page:?}") };
    assert_eq!((row.client.as_str(), row.name.as_deref()), ("web", Some("Client web")));
    assert_eq!((row.public, row.state, row.events), (true, State::Enabled, 2));
    assert_eq!((row.registered_at, row.updated_at), (at(0), at(5)));
    assert_eq!((page.next, page.position), (None, 2));
    log.seconds = 9;
    let secret = ClientSecret { digest: digest("b"), expires_at: None };
    let rotated = client::SecretRotated { secret, old_expire_at: at(99) };
    log.add(client_stream(1), &ClientEvent::SecretRotated(rotated));
    for (event, state) in [
        (ClientEvent::Disabled(client::Disabled {}), State::Disabled),
        (ClientEvent::Enabled(client::Enabled {}), State::Enabled),
        (ClientEvent::Deleted(client::Deleted {}), State::Deleted),
    ] {
        log.add(client_stream(1), &event);
        let row = clients(&built(&log), None, 10).unwrap().rows.pop().unwrap();
        assert_eq!((row.state, row.updated_at), (state, at(9)));
    }
}

#[test]
fn clients_are_listed_by_identifier_page_by_page() {
    let mut log = Log::default();
    for (number, id) in (1..).zip(["d", "a", "e", "c", "b"]) {
        log.add(client_stream(number), &registered(metadata(id, "none", &[])));
    }
    let connection = built(&log);
    let mut after = None;
    let mut found = Vec::new();
    loop {
        let page = clients(&connection, after.as_ref(), 2).unwrap();
        found.extend(page.rows.into_iter().map(|row| row.client.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, ["a", "b", "c", "d", "e"]);
}

#[test]
fn only_enabled_clients_have_web_origins() {
    let mut log = Log::default();
    let (one, both) = ("https://one.example", "https://both.example");
    log.add(client_stream(1), &registered(metadata("a", "none", &[one, both])));
    log.add(client_stream(2), &registered(metadata("b", "none", &[both])));
    log.add(client_stream(3), &registered(metadata("c", "none", &["https://gone.example"])));
    log.add(client_stream(3), &ClientEvent::Deleted(client::Deleted {}));
    let origins = |log: &Log| web_origins(&built(log)).unwrap().into_iter().collect::<Vec<_>>();
    assert_eq!(origins(&log), [both, one]);
    log.add(client_stream(1), &ClientEvent::Disabled(client::Disabled {}));
    assert_eq!(origins(&log), [both]);
    log.add(client_stream(1), &ClientEvent::Enabled(client::Enabled {}));
    assert_eq!(origins(&log), [both, one]);
}

#[test]
fn end_users_are_listed_in_the_order_they_came_without_anything_personal() {
    let sealed =
        || Sealed { owner: subject(1).stream(), nonce: [7; 12], ciphertext: b"alice"[..].into() };
    let mut log = Log::default();
    for number in 1..=3 {
        log.seconds += 1;
        let registered =
            person::Registered { username: sealed(), claims: sealed(), password: None };
        log.add(subject(number).stream(), &SubjectEvent::Registered(registered));
    }
    log.seconds = 50;
    let changed = person::PasswordChanged { password: sealed() };
    log.add(subject(1).stream(), &SubjectEvent::PasswordChanged(changed));
    log.add(subject(2).stream(), &SubjectEvent::Disabled(person::Disabled {}));
    let connection = built(&log);
    let page = subjects(&connection, None, 2).unwrap();
    let rows: Vec<(_, _, Timestamp, Timestamp)> = page
        .rows
        .iter()
        .map(|row| (row.subject, row.state, row.registered_at, row.changed_at))
        .collect();
    assert_eq!(
        rows,
        [(subject(1), State::Enabled, at(1), at(50)), (subject(2), State::Disabled, at(2), at(50)),]
    );
    let rest = subjects(&connection, page.next, 2).unwrap();
    assert_eq!((rest.rows.len(), rest.rows[0].subject), (1, subject(3)));
    assert_eq!((rest.next, rest.position), (None, 5));
    log.add(subject(2).stream(), &SubjectEvent::Enabled(person::Enabled {}));
    assert!(
        subjects(&built(&log), None, 9).unwrap().rows.iter().all(|row| row.state == State::Enabled)
    );
}

#[test]
fn there_is_no_answer_before_the_first_build_is_complete() {
    let connection = database::in_memory().unwrap();
    assert!(matches!(clients(&connection, None, 1), Err(QueryError::NotReady)));
    assert!(matches!(subjects(&connection, None, 1), Err(QueryError::NotReady)));
    assert!(matches!(web_origins(&connection), Err(QueryError::NotReady)));
}
