//! OpenID Connect Core 1.0 §5.1, §5.3.2, §5.4: what is told of an end-user.

use moneta::protocol::{claims, error::ErrorCode, userinfo};
use moneta_events::Scope;
use serde_json::{Value, json};

use crate::fixtures::{ALICE, rules};

#[test]
fn core_5_4_scopes_release_claims() {
    let rules = rules();
    let names = |scope: &str| claims::released(&rules, &Scope::parse(scope));
    assert_eq!(names("openid api:read"), [""; 0]);
    assert_eq!(
        names("email phone"),
        ["email", "email_verified", "phone_number", "phone_number_verified"]
    );
    assert_eq!(names("address address"), ["address"]);
    assert_eq!(names("profile").len(), 14);
    assert_eq!(names("staff"), ["department"], "as configured");
    assert_eq!(names("bogus"), [""; 0], "a scope that is not there releases nothing");
}

#[test]
fn core_5_1_types_and_5_3_2_absent_claims() {
    let table: [(&str, Value, Option<Value>); 22] = [
        ("name", json!("Alice"), Some(json!("Alice"))),
        ("name", json!(null), None),
        ("name", json!(""), None),
        ("name", json!("  "), None),
        ("name", json!(7), None),
        ("email_verified", json!(true), Some(json!(true))),
        ("email_verified", json!("true"), None),
        ("phone_number_verified", json!(0), None),
        ("updated_at", json!(1_700_000_000), Some(json!(1_700_000_000))),
        ("updated_at", json!("2026-01-01"), None),
        ("birthdate", json!("1985-02-28"), Some(json!("1985-02-28"))),
        ("birthdate", json!("1985-02-30"), None),
        ("address", json!({"country": "AT", "region": ""}), Some(json!({"country": "AT"}))),
        ("address", json!({"country": "AT", "planet": "Earth"}), Some(json!({"country": "AT"}))),
        ("address", json!({}), None),
        ("address", json!("Vienna"), None),
        ("department", json!(["a"]), Some(json!(["a"]))),
        ("department", json!(null), None),
        ("department", json!(""), None),
        ("department", json!(false), Some(json!(false))),
        ("sub", json!("mallory"), None),
        ("iss", json!("https://evil.example"), None),
    ];
    for (name, value, expected) in table {
        let person = [(name.to_owned(), value.clone())].into_iter().collect();
        let selected = claims::select(&person, &[name]);
        assert_eq!(selected.get(name), expected.as_ref(), "{name}: {value}");
    }
    let person = json!({"name": "Alice", "email": "a@example.com"});
    let selected = claims::select(person.as_object().unwrap(), &["email", "website"]);
    assert_eq!(
        Value::Object(selected),
        json!({"email": "a@example.com"}),
        "only what was asked for"
    );
}

#[test]
fn core_5_3_2_userinfo() {
    let person = json!({"sub": "mallory", "email": "a@example.com", "name": "Alice"});
    let answer = userinfo::answer(
        ALICE,
        person.as_object().unwrap(),
        &Scope::parse("openid email"),
        &rules(),
    );
    assert_eq!(Value::Object(answer), json!({"sub": ALICE, "email": "a@example.com"}));
    assert!(userinfo::check(&Scope::parse("email openid")).is_ok());
    let error = userinfo::check(&Scope::parse("email")).unwrap_err();
    assert_eq!((error.code, error.code.status()), (ErrorCode::InsufficientScope, 403));
}
