//! OpenID Connect Core 1.0 §3.1.2.1, RFC 9700 §2.1 and §4.1.3, RFC 8252 §7.3: where answers may go.

use moneta::protocol::{
    authorize::{AuthorizeError, redirect_uri::matches},
    client::ClientFacts,
};
use moneta_events::Reason;

use crate::fixtures::{ask, check, facts, native, query, rules, spa, web};

#[test]
fn rfc9700_2_1_exact_match() {
    for presented in [
        "https://rp.example.evil.example/cb",
        "https://rp.example@evil.example/cb",
        "https://evil.example\\@rp.example/cb",
        "https://evil.example#@rp.example/cb",
        "https://rp.example/cb/../open",
        "https://rp.example/cb/..;/open",
        "https://rp.example/%63b",
        "https://rp.example/cb%252e%252e%252fopen",
        "https://rp.example/cb%00.evil",
        "https://rp.example/CB",
        "https://RP.example/cb",
        "HTTPS://rp.example/cb",
        "https://rp.example:443/cb",
        "https://rp.example./cb",
        "https://rp.example/cb/",
        "https://rp.example/cb?",
        "https://rp.example/cb?x=1",
        "https://rp.example/cb#",
        "https://rp.example/cb#x",
        "http://rp.example/cb",
        "//rp.example/cb",
        " https://rp.example/cb",
        "https://rp.example/cb ",
        "https://rp.exampl\u{0435}/cb",
        "javascript:alert(1)",
        "https://rp.example/",
        "*",
        "",
    ] {
        assert!(!matches("https://rp.example/cb", presented), "{presented:?}");
    }
    assert!(matches("https://rp.example/cb", "https://rp.example/cb"));
    assert!(matches("https://rp.example/cb?a=b", "https://rp.example/cb?a=b"));
    assert!(!matches("https://rp.example/cb?a=b", "https://rp.example/cb"), "the query counts");
    assert!(matches("com.example.app:/cb", "com.example.app:/cb"), "RFC 8252 §7.1");
}

#[test]
fn rfc8252_7_3_loopback_ports() {
    for (registered, presented, expected) in [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb", true),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1:51234/cb", true),
        ("http://127.0.0.1:8080/cb", "http://127.0.0.1/cb", true),
        ("http://[::1]/cb?a=b", "http://[::1]:9/cb?a=b", true),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/other", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb?x=1", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234/cb#x", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1.evil.example:51234/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51234@evil.example/cb", false),
        ("http://127.0.0.1/cb", "http://user@127.0.0.1:51234/cb", false),
        ("http://127.0.0.1/cb", "http://2130706433:51234/cb", false),
        ("http://127.0.0.1/cb", "http://127.1:51234/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.2:51234/cb", false),
        ("http://127.0.0.1/cb", "http://[::1]:51234/cb", false),
        ("http://[::1]/cb", "http://[::ffff:127.0.0.1]:51234/cb", false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:51234/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
        ("https://127.0.0.1/cb", "https://127.0.0.1:51234/cb", false),
        ("http://localhost/cb", "http://localhost:51234/cb", false),
        ("http://127.0.0.1/cb", "http://localhost:51234/cb", false),
    ] {
        assert_eq!(matches(registered, presented), expected, "{registered} {presented}");
    }
}

#[test]
fn core_3_1_2_2_client_and_redirect_uri_come_first() {
    let (web, spa) = (web(), spa());
    let known = Some(facts(&web));
    let disabled = Some(ClientFacts { enabled: false, ..facts(&web) });
    let good = || query(&web, "");
    let evil = |rest: &str| query(&web, &format!("redirect_uri=https://evil.example/cb{rest}"));
    let long = format!("redirect_uri=https://rp.example/{}", "a".repeat(8192));
    for (case, encoded, client, reason) in [
        ("no client_id", query(&web, "client_id="), known, Reason::ParameterMissing),
        ("client_id twice", good() + "&client_id=x", known, Reason::ParameterRepeated),
        ("unknown client", good(), None, Reason::ClientUnknown),
        ("another client's facts", good(), Some(facts(&spa)), Reason::ClientUnknown),
        ("disabled client", good(), disabled, Reason::ClientDisabled),
        ("no redirect_uri", query(&web, "redirect_uri="), known, Reason::ParameterMissing),
        ("redirect_uri twice", good() + "&redirect_uri=x", known, Reason::ParameterRepeated),
        ("redirect_uri of nobody", evil(""), known, Reason::RedirectUriMismatch),
        ("wrong type, too", evil("&response_type=x"), known, Reason::RedirectUriMismatch),
        ("prompt=none, too", evil("&prompt=none"), known, Reason::RedirectUriMismatch),
        ("JARM", evil("&response_mode=form_post.jwt"), known, Reason::RedirectUriMismatch),
        ("a NUL byte", query(&web, "redirect_uri=x%00"), known, Reason::ParameterMalformed),
        ("8 KiB", query(&web, &long), known, Reason::RedirectUriMismatch),
        ("unreadable", good() + "&x=%ff", known, Reason::ParameterMalformed),
    ] {
        match check(&encoded, client, None, &rules()) {
            Err(AuthorizeError::Page { reason: given, .. }) => assert_eq!(given, reason, "{case}"),
            other => panic!("{case}: no page but {other:?}"),
        }
    }
}

#[test]
fn rfc8252_7_3_the_answer_goes_to_the_port_that_was_presented() {
    let request = ask(&native(), "redirect_uri=http://127.0.0.1:51234/cb").unwrap();
    assert_eq!(request.redirect_uri, "http://127.0.0.1:51234/cb");
}
