//! Responses of the endpoints, with what the suite warns of held against the provider as well.

use serde_json::Value;

use super::{
    suite::Suite,
    support::{
        answer::Answer,
        browser::{Arrival, Carried},
        rp::{AuthorizationRequest, Tokens},
    },
};

/// A successful authorization response (RFC 6749 §4.1.2, OpenID Connect Core 1.0 §3.2.2.5, §3.3.2.5).
pub fn authorization_response(suite: &Suite, request: &AuthorizationRequest, arrival: &Arrival) {
    answered(suite, request, arrival);
    let variant = suite.variant;
    for (name, expected) in [
        ("code", variant.code()),
        ("id_token", variant.id_token()),
        ("access_token", variant.token()),
        ("token_type", variant.token()),
        ("expires_in", variant.token()),
    ] {
        assert_eq!(arrival.get(name).is_some(), expected, "{name} in {arrival:?}");
    }
    let known = [
        "code",
        "id_token",
        "access_token",
        "token_type",
        "expires_in",
        "scope",
        "state",
        "iss",
        "session_state",
    ];
    only(arrival, &known);
    if variant.token() {
        assert_eq!(arrival.get("token_type"), Some("Bearer"));
        let lifetime: u32 = arrival.get("expires_in").unwrap().parse().expect("seconds");
        assert!((1..=86_400).contains(&lifetime), "{lifetime}");
    }
    for secret in ["code", "access_token"].into_iter().filter_map(|name| arrival.get(name)) {
        assert!(secret.len() * 6 >= 128 && entropy(secret) > 96.0, "too easy to guess: {secret}");
    }
}

/// An error in an authorization response (RFC 6749 §4.1.2.1, OpenID Connect Core 1.0 §3.1.2.6).
pub fn authorization_error(
    suite: &Suite,
    request: &AuthorizationRequest,
    arrival: &Arrival,
    expected: &[&str],
) {
    answered(suite, request, arrival);
    let error = arrival.get("error").unwrap_or_else(|| panic!("no error in {arrival:?}"));
    assert!(expected.contains(&error), "{error} is none of {expected:?}");
    only(arrival, &["error", "error_description", "error_uri", "state", "session_state", "iss"]);
    if let Some(description) = arrival.get("error_description") {
        let allowed = |c: char| matches!(c, ' '..='~') && !matches!(c, '"' | '\\');
        assert!(description.chars().all(allowed), "{description}");
    }
}

/// What holds for every authorization response: where it goes and how, and which request it answers.
fn answered(suite: &Suite, request: &AuthorizationRequest, arrival: &Arrival) {
    let asked_by_post =
        request.params.iter().any(|(n, v)| n == "response_mode" && v == "form_post");
    let has_tokens = suite.variant.response_type != "code"
        && request.params.iter().any(|(name, _)| name == "response_type");
    let expected = match (asked_by_post, has_tokens) {
        (true, _) => Carried::FormPost,
        (false, true) => Carried::Fragment,
        (false, false) => Carried::Query,
    };
    assert_eq!(arrival.carried, expected, "{arrival:?}");
    let mut uri = request.get("redirect_uri").to_owned();
    if expected == Carried::Query
        && let Some((before, query)) = uri.split_once('?')
    {
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            assert_eq!(arrival.get(&name), Some(&*value), "the client's own query stays");
        }
        uri = before.to_owned();
    }
    assert_eq!(arrival.uri, uri);
    assert_eq!(arrival.get("state"), Some(request.get("state")));
    let issuer = suite.metadata["issuer"].as_str();
    let promises = suite.metadata["authorization_response_iss_parameter_supported"] == true;
    assert!(arrival.get("iss") == issuer || (!promises && arrival.get("iss").is_none()));
}

/// Each parameter is known, or the redirect URI's own, and there once.
fn only(arrival: &Arrival, known: &[&str]) {
    for (at, (name, _)) in arrival.params.iter().enumerate() {
        assert!(known.contains(&name.as_str()) || name.starts_with("dummy"), "{name}");
        assert!(arrival.params[..at].iter().all(|(other, _)| other != name), "{name} twice");
    }
}

/// A successful token response (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
pub fn token_response(answer: &Answer) -> Tokens {
    let tokens = Tokens::of(answer);
    unstored_json(answer);
    let response = &tokens.response;
    assert_eq!(response["token_type"], "Bearer");
    let lifetime = response["expires_in"].as_u64().expect("a number of seconds");
    assert!((1..=86_400).contains(&lifetime), "{lifetime}");
    assert!(entropy(&tokens.access) > 96.0);
    tokens
}

/// An error of the token endpoint (RFC 6749 §5.2).
pub fn token_error(answer: &Answer, expected: &str) {
    assert_eq!(answer.status, 400, "{}", answer.whole());
    unstored_json(answer);
    let body = answer.json();
    assert_eq!(body["error"], expected);
    for name in body.as_object().expect("a JSON object").keys() {
        assert!(["error", "error_description", "error_uri"].contains(&name.as_str()), "{name}");
    }
}

fn unstored_json(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert!(answer.header("cache-control").is_some_and(|field| field.contains("no-store")));
}

/// A UserInfo response as JSON (OpenID Connect Core 1.0 §5.3.2) about the end-user of the ID Token.
pub fn userinfo(answer: &Answer, sub: &str) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.whole());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let claims = answer.json();
    assert_eq!(claims["sub"], sub);
    standard_claims(&claims);
    claims
}

/// The standard claims are what OpenID Connect Core 1.0 §5.1 says, or absent.
pub fn standard_claims(claims: &Value) {
    for (name, value) in claims.as_object().expect("claims are an object") {
        let good = match name.as_str() {
            "email_verified" | "phone_number_verified" => value.is_boolean(),
            "updated_at" => value.is_number(),
            "birthdate" => value.as_str().is_some_and(is_birthdate),
            "address" => value
                .as_object()
                .is_some_and(|address| !address.is_empty() && address.values().all(is_text)),
            "name" | "given_name" | "family_name" | "middle_name" | "nickname"
            | "preferred_username" | "profile" | "picture" | "website" | "email" | "gender"
            | "zoneinfo" | "locale" | "phone_number" => is_text(value),
            _ => !value.is_null(),
        };
        assert!(good, "{name} is {value}");
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty() && text != "null")
}

/// `YYYY`, `YYYY-MM-DD` or `0000-MM-DD`.
fn is_birthdate(text: &str) -> bool {
    let parts: Vec<Option<u16>> = text.split('-').map(|part| part.parse().ok()).collect();
    match parts[..] {
        [Some(1850..=2100)] => text.len() == 4,
        [Some(0 | 1850..=2100), Some(1..=12), Some(1..=31)] => text.len() == 10,
        _ => false,
    }
}

/// Bits of a text by the frequency of its characters (Shannon).
fn entropy(text: &str) -> f64 {
    let length = f64::from(u32::try_from(text.len()).expect("texts are short"));
    let mut counts = [0_u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let share = |count: &u32| f64::from(*count) / length;
    let bits: f64 = counts.iter().filter(|c| **c > 0).map(share).map(|p| -p * p.log2()).sum();
    bits * length
}
