//! RFC 6749 §3.1, §3.2 and appendix B: how parameters are read.

use moneta::protocol::{
    error::ErrorCode,
    params::{MAX_VALUE, Params},
};
use moneta_events::Reason;
use proptest::prelude::*;

#[test]
fn rfc6749_3_1_parameters() {
    let table: [(&str, &str, Option<&str>); 7] = [
        ("there once", "scope=openid", Some("openid")),
        ("not there", "state=x", None),
        ("without a value: omitted", "scope=", None),
        ("without an equals sign: omitted", "scope", None),
        ("only the first equals sign divides", "scope=a=b", Some("a=b")),
        ("a plus is a space (appendix B)", "scope=a+b%20c%2B", Some("a b c+")),
        ("the name is encoded, too", "sc%6Fpe=a", Some("a")),
    ];
    for (case, encoded, expected) in table {
        let params = Params::read(encoded.as_bytes()).unwrap();
        assert_eq!(params.get("scope"), expected, "{case}");
    }
}

#[test]
fn rfc6749_3_1_a_parameter_must_not_come_more_than_once() {
    let table: [(&str, &str, Option<&str>); 7] = [
        ("all different", "a=1&b=2", None),
        ("a known one", "state=1&b=2&state=1", Some("the parameter state is there more than once")),
        ("an unknown one", "x=1&x=2", Some("a parameter is there more than once")),
        (
            "one that hides behind its encoding",
            "x=1&%78=2",
            Some("a parameter is there more than once"),
        ),
        ("one without a value", "code=&code=1", Some("the parameter code is there more than once")),
        ("names are case-sensitive", "state=1&State=2", None),
        ("resource may (RFC 8707 §2)", "resource=a&resource=b", None),
    ];
    for (case, encoded, expected) in table {
        let refused = Params::read_form(encoded.as_bytes()).err();
        assert_eq!(refused.map(|error| error.description), expected, "{case}");
        if let Some(error) = refused {
            assert_eq!(error.code, ErrorCode::InvalidRequest, "{case}");
            assert_eq!(error.reason, Reason::ParameterRepeated, "{case}");
        }
    }
    assert_eq!(Params::read(b"state=1&state=2").unwrap().get("state"), None, "no value is taken");
}

#[test]
fn a_request_too_large_to_read_is_told_so() {
    let error =
        Params::read_form(format!("a={}", "x".repeat(MAX_VALUE + 1)).as_bytes()).unwrap_err();
    assert_eq!((error.code, error.reason), (ErrorCode::InvalidRequest, Reason::RequestTooLarge));
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Params::read(&bytes);
    }

    #[test]
    fn reading_never_panics_on_what_looks_like_a_form(text in "[a-c%=&+0-9A-F]{0,80}") {
        if let Ok(params) = Params::read(text.as_bytes()) {
            for name in ["a", "b", "c"] {
                prop_assert!(params.all(name).all(|value| !value.is_empty()));
            }
        }
    }

    #[test]
    fn what_a_browser_writes_is_read(
        pairs in prop::collection::btree_map("[a-z]{1,8}", "[^\\p{Cc}]{1,40}", 0..8)
    ) {
        let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let params = Params::read(encoded.as_bytes()).unwrap();
        for (name, value) in &pairs {
            prop_assert_eq!(params.get(name), Some(value.as_str()));
        }
    }
}
