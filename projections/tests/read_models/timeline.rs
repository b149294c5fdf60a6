use std::fmt::Write as _;

use moneta_events::{
    Reason, Sealed,
    transaction::{
        Answered, AuthenticationFailed, CodeIssued, Denied, Expired, ExpiredPhase, Refused,
        TransactionEvent,
    },
};
use moneta_projections::{
    QueryError, database,
    timeline::{
        Cursor, Ending, Filter, Lapsed, State, Timeline, describe_recorded, find, list, overdue,
    },
};
use rusqlite::Connection;

use crate::support::{
    Log, at, authenticated, consented, digest, front_channel, requested, requested_for, subject,
    transaction,
};

fn built(log: &Log) -> Connection {
    let mut connection = database::in_memory().unwrap();
    log.catch_up(&mut connection, &[&Timeline]).0.unwrap();
    connection
}

fn all() -> Filter {
    Filter { limit: 1_000, ..Filter::default() }
}

#[test]
fn the_corpus_in_rows() {
    let page = list(&built(&Log::corpus()), &all()).unwrap();
    insta::assert_json_snapshot!(page.rows);
}

#[test]
fn the_corpus_in_sentences() {
    let mut text = String::new();
    for event in &Log::corpus().events {
        let entry = describe_recorded(event).unwrap();
        let envelope = event.envelope().unwrap();
        assert_eq!(
            (entry.event_type, entry.reason),
            (envelope.event_type, envelope.outcome.reason)
        );
        write!(text, "{} | {} | {}", entry.event_type, entry.actor, entry.sentence).unwrap();
        if let (Some(why), Some(rule)) = (entry.explanation, entry.rule) {
            write!(text, " | {why} | {rule}").unwrap();
        }
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

#[test]
fn no_sealed_field_gets_into_rows_or_sentences() {
    fn sealed(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                fields.values().for_each(|field| sealed(field, found));
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| sealed(item, found)),
            text if serde_json::from_value::<Sealed>(text.clone()).is_ok() => {
                found.push(text.as_str().unwrap().to_owned());
            }
            _ => {}
        }
    }
    let log = Log::corpus();
    let rows = serde_json::to_string(&list(&built(&log), &all()).unwrap().rows).unwrap();
    let mut checked = 0;
    for event in &log.events {
        let mut found = Vec::new();
        sealed(&serde_json::from_slice(&event.body).unwrap(), &mut found);
        let entry = serde_json::to_string(&describe_recorded(event).unwrap()).unwrap();
        for text in found {
            assert!(!rows.contains(&text) && !entry.contains(&text), "{text}");
            checked += 1;
        }
    }
    assert!(checked > 50);
}

#[test]
fn a_grant_that_went_well_after_a_mistake_keeps_the_mistake_in_sight() {
    let mut log = Log::default();
    log.add(transaction(1), &requested("web", "openid", 0));
    let failed = AuthenticationFailed { reason: Reason::PasswordWrong, attempt: 1, username: None };
    log.add(transaction(1), &TransactionEvent::AuthenticationFailed(failed));
    log.seconds = 5;
    log.add(transaction(1), &authenticated(1, 5));
    let row = find(&built(&log), transaction(1)).unwrap().unwrap();
    assert_eq!((row.state, row.outcome), (State::Authenticated, Ending::Open));
    assert_eq!((row.reason, row.events), (Some(Reason::PasswordWrong), 3));
    assert_eq!((row.started_at, row.last_at, row.duration), (at(0), at(5), None));
    log.seconds = 7;
    let denied = Denied { reason: Reason::ConsentDenied };
    log.add(transaction(1), &TransactionEvent::Denied(denied));
    let row = find(&built(&log), transaction(1)).unwrap().unwrap();
    assert_eq!((row.state, row.outcome), (State::Denied, Ending::Denied));
    assert_eq!((row.reason, row.duration), (Some(Reason::ConsentDenied), Some(7_000_000)));
    assert!(find(&built(&log), transaction(2)).unwrap().is_none());
}

#[test]
fn a_request_that_was_refused_at_once_is_a_row_of_its_own() {
    let mut log = Log { seconds: 3, ..Log::default() };
    let refused = Refused {
        client_id: "web".into(),
        redirect_uri: "https://rp.example/cb".to_owned(),
        error: "invalid_scope".to_owned(),
        reason: Reason::ScopeNotRegistered,
    };
    log.add(transaction(1), &TransactionEvent::Refused(refused));
    let row = find(&built(&log), transaction(1)).unwrap().unwrap();
    assert_eq!((row.state, row.outcome), (State::Refused, Ending::Refused));
    assert_eq!((row.client.as_str(), row.reason), ("web", Some(Reason::ScopeNotRegistered)));
    assert_eq!((row.started_at, row.duration, row.deadline), (at(3), Some(0), None));
}

#[test]
fn an_answer_without_a_code_ends_the_grant() {
    let front = || front_channel("openid profile", 5);
    let code =
        TransactionEvent::CodeIssued(CodeIssued { code: digest("code"), expires_at: at(65) });
    for (number, response_type, answer, expected) in [
        (1, "id_token token", vec![front()], ("implicit", State::Answered, Ending::Success)),
        (
            2,
            "none",
            vec![TransactionEvent::Answered(Answered {})],
            ("none", State::Answered, Ending::Success),
        ),
        (
            3,
            "code id_token token",
            vec![code, front()],
            ("authorization_code", State::CodeIssued, Ending::Open),
        ),
    ] {
        let mut log = Log::default();
        log.add(transaction(number), &requested_for(response_type, 0));
        log.add(transaction(number), &authenticated(1, 0));
        log.add(transaction(number), &consented("openid profile"));
        log.seconds = 5;
        answer.iter().for_each(|event| log.add(transaction(number), event));
        let row = find(&built(&log), transaction(number)).unwrap().unwrap();
        let (grant_type, state, outcome) = expected;
        assert_eq!((row.grant_type.as_str(), row.state, row.outcome), (grant_type, state, outcome));
        let over = outcome == Ending::Success;
        assert_eq!(row.deadline, (!over).then_some(at(65)), "{response_type}");
        assert_eq!(row.duration, over.then_some(5_000_000), "{response_type}");
    }
}

#[test]
fn an_open_grant_has_a_deadline_until_nothing_is_waited_for() {
    let mut log = Log::default();
    let mut deadline = |event: &TransactionEvent| {
        log.add(transaction(1), event);
        find(&built(&log), transaction(1)).unwrap().unwrap().deadline
    };
    assert_eq!(deadline(&requested("web", "openid", 0)), Some(at(600)));
    assert_eq!(deadline(&authenticated(1, 5)), Some(at(600)));
    assert_eq!(deadline(&consented("openid")), Some(at(600)));
    let issued = CodeIssued { code: digest("code"), expires_at: at(65) };
    assert_eq!(deadline(&TransactionEvent::CodeIssued(issued)), Some(at(65)));
    let expired = Expired { phase: ExpiredPhase::Code };
    assert_eq!(deadline(&TransactionEvent::Expired(expired)), None);
}

#[test]
fn overdue_grants_are_found_oldest_first_and_only_while_they_are_open() {
    let mut log = Log::default();
    for number in 0..10 {
        log.seconds = 9 - i64::try_from(number).unwrap();
        log.add(transaction(number), &requested("web", "openid", log.seconds));
    }
    log.code_flow(transaction(20), "web");
    let denied = Denied { reason: Reason::ConsentDenied };
    log.add(transaction(9), &TransactionEvent::Denied(denied));
    let connection = built(&log);
    let found = |now, after, limit| overdue(&connection, at(now), after, limit).unwrap();
    assert_eq!(found(600, None, 10), [], "the one of second 0 was denied");
    let of = |number: u128| Lapsed {
        deadline: at(609 - i64::try_from(number).unwrap()),
        stream: transaction(number),
    };
    assert_eq!(found(602, None, 10), [of(8), of(7)]);
    assert_eq!(found(10_000, None, 3), [of(8), of(7), of(6)]);
    assert_eq!(found(10_000, Some(of(6)), 3), [of(5), of(4), of(3)]);
    assert_eq!(found(10_000, Some(of(1)), 3), [of(0)]);
    let plan: String = connection
        .query_row(
            "EXPLAIN QUERY PLAN SELECT deadline, stream FROM timeline
             WHERE deadline <= 9 AND (deadline, stream) > (1, x'00')
             ORDER BY deadline, stream LIMIT 5",
            [],
            |row| row.get(3),
        )
        .unwrap();
    assert!(plan.contains("COVERING INDEX") && plan.contains("_deadline"), "{plan}");
}

fn mixed() -> Log {
    let mut log = Log::default();
    for number in 0..30 {
        log.seconds = i64::try_from(number).unwrap() / 3;
        let client = if number % 2 == 0 { "even" } else { "odd" };
        if number % 5 == 0 {
            log.add(transaction(number), &requested(client, "openid", log.seconds));
            let denied = Denied { reason: Reason::LoginCancelled };
            log.add(transaction(number), &TransactionEvent::Denied(denied));
        } else {
            log.code_flow(transaction(number), client);
        }
    }
    log
}

#[test]
fn each_filter_narrows_the_list() {
    let connection = built(&mixed());
    let count = |filter: Filter| list(&connection, &filter).unwrap().rows.len();
    assert_eq!(count(all()), 30);
    assert_eq!(count(Filter { client: Some("even".into()), ..all() }), 15);
    assert_eq!(count(Filter { subject: Some(subject(1)), ..all() }), 24);
    assert_eq!(count(Filter { subject: Some(subject(2)), ..all() }), 0);
    let session = find(&connection, transaction(1)).unwrap().unwrap().session;
    assert_eq!(count(Filter { session, ..all() }), 24);
    assert_eq!(count(Filter { state: Some(State::Exchanged), ..all() }), 24);
    assert_eq!(count(Filter { outcome: Some(Ending::Denied), ..all() }), 6);
    assert_eq!(count(Filter { reason: Some(Reason::LoginCancelled), ..all() }), 6);
    assert_eq!(count(Filter { since: Some(at(3)), until: Some(at(5)), ..all() }), 6);
    let both = Filter {
        client: Some("odd".into()),
        outcome: Some(Ending::Denied),
        since: Some(at(2)),
        ..all()
    };
    assert_eq!(count(both), 2);
}

#[test]
fn pages_follow_on_each_other_without_doubles_or_gaps() {
    let log = mixed();
    let connection = built(&log);
    let whole = list(&connection, &all()).unwrap();
    assert_eq!(whole.position, log.events.len() as u64);
    assert!(whole.rows.is_sorted_by_key(|row| std::cmp::Reverse((row.started_at, row.stream))));
    let mut filter = Filter { limit: 7, ..Filter::default() };
    let mut rows = Vec::new();
    loop {
        let page = list(&connection, &filter).unwrap();
        assert!(page.rows.len() <= 7);
        rows.extend(page.rows);
        let Some(next) = page.next else { break };
        filter.after = Some(next.to_string().parse::<Cursor>().unwrap());
    }
    assert_eq!(rows, whole.rows);
    for text in ["", "1", "x.transaction-y", "1.transaction", "é.é"] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}

#[test]
fn the_list_is_read_by_index() {
    let connection = built(&mixed());
    for (condition, index) in [
        ("", "started"),
        ("client = 'even' AND", "client"),
        ("subject = x'00' AND", "subject"),
        ("session = x'00' AND", "session"),
        ("state = 'denied' AND", "state"),
        ("outcome = 'denied' AND", "outcome"),
        ("reason = 'denied' AND", "reason"),
    ] {
        let sql = format!(
            "EXPLAIN QUERY PLAN SELECT * FROM timeline
             WHERE {condition} (started_at, stream) < (9, x'00')
             ORDER BY started_at DESC, stream DESC LIMIT 50"
        );
        let plan: Vec<String> = connection
            .prepare(&sql)
            .unwrap()
            .query_map([], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(&format!("_{index} (")) && !plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn there_is_no_answer_before_the_first_build_is_complete() {
    let connection = database::in_memory().unwrap();
    assert!(matches!(list(&connection, &all()), Err(QueryError::NotReady)));
}
