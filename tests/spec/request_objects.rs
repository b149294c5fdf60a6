//! CIBA Core 1.0 §7.1.1, RFC 9101 §4 to §6 and §10, FAPI-CIBA §5.2.2: requests that a client signed.

use moneta::{
    jose::{Alg, SigningKey},
    protocol::{
        error::{ErrorCode, OAuthError},
        params::Params,
        request_object::{Expected, SignedRequest, open, refuse_beside, replayed},
    },
};
use moneta_events::{ClientId, Reason};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    fixtures::{ISSUER, NOW},
    signed::{header, key, keys, sign, stranger, with},
};

fn good() -> Value {
    let now = NOW.as_seconds();
    json!({
        "iss": "ciba", "aud": ISSUER, "jti": "r1", "iat": now, "nbf": now, "exp": now + 300,
        "scope": "openid profile", "login_hint": "alice", "binding_message": "W4SCT",
    })
}

fn try_token(alg: Option<Alg>, token: &str) -> Result<SignedRequest, OAuthError> {
    let client_id = ClientId::from("ciba");
    let keys = keys(Alg::ALL);
    let code = ErrorCode::InvalidRequest;
    open(token, &Expected { client_id: &client_id, alg, keys: &keys, issuer: ISSUER, code }, NOW)
}

fn signed_by(key: &SigningKey, claims: &Value) -> String {
    sign(key, &header(Alg::ES256), &claims.to_string())
}

fn try_claims(claims: &Value) -> Result<SignedRequest, OAuthError> {
    try_token(Some(Alg::ES256), &signed_by(key(Alg::ES256), claims))
}

fn refused(outcome: Result<SignedRequest, OAuthError>, reason: Reason, case: &str) {
    let error = outcome.map(|request| request.parameters).expect_err(case);
    assert_eq!((error.code, error.reason), (ErrorCode::InvalidRequest, reason), "{case}");
}

#[test]
fn ciba_7_1_1_what_a_signed_request_must_say() {
    let now = NOW.as_seconds();
    for (name, value) in [
        ("aud", Value::Null),
        ("aud", json!("https://other.example")),
        ("aud", json!([])),
        ("aud", json!("https://op.example/backchannel")),
        ("iss", Value::Null),
        ("iss", json!("other")),
        ("exp", Value::Null),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(now + 70 * 60)),
        ("iat", Value::Null),
        ("iat", json!(now + 61)),
        ("nbf", Value::Null),
        ("nbf", json!(now + 600)),
        ("nbf", json!(now - 70 * 60)),
        ("nbf", json!("0")),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(1)),
        // RFC 9101 §10.8: with this `sub` it could be an assertion.
        ("sub", json!("ciba")),
        // RFC 9101 §4 and §5.
        ("client_id", json!("other")),
        ("request", json!("e30.e30.")),
        ("request_uri", json!("https://rp.test/r")),
    ] {
        let outcome = try_claims(&with(good(), name, value.clone()));
        refused(outcome, Reason::RequestObjectClaimWrong, &format!("{name} {value}"));
    }
    for expired in [now, now - 600] {
        let outcome = try_claims(&with(good(), "exp", json!(expired)));
        refused(outcome, Reason::RequestObjectExpired, "expired");
    }
    for (name, value) in [
        ("aud", json!(["https://other.example", ISSUER])),
        ("nbf", json!(now + 8)),
        ("nbf", json!(now - 59 * 60)),
        ("iat", json!(now + 8)),
        ("exp", json!(now + 60 * 60)),
        ("sub", json!("somebody")),
        ("client_id", json!("ciba")),
    ] {
        let claims = with(with(good(), "exp", json!(now + 60)), name, value.clone());
        let request = try_claims(&claims).unwrap();
        assert_eq!(request.once.id, "r1", "{name} {value}");
        assert!(request.once.expires_at.as_seconds() >= claims["exp"].as_i64().unwrap());
    }
    // Good for an hour at most, however it is placed around now.
    let long = with(with(good(), "nbf", json!(now - 1_800)), "exp", json!(now + 2_000));
    refused(try_claims(&long), Reason::RequestObjectClaimWrong, "63 minutes");
}

#[test]
fn fapi_ciba_5_2_2_signed_by_the_client_with_a_strong_algorithm() {
    let payload = good().to_string();
    for alg in [Alg::PS256, Alg::ES256, Alg::EdDSA] {
        let token = sign(key(alg), &header(alg), &payload);
        assert!(try_token(None, &token).is_ok(), "{alg}");
        assert!(try_token(Some(alg), &token).is_ok(), "{alg}");
        let another = Alg::ALL.iter().copied().find(|other| *other != alg);
        refused(try_token(another, &token), Reason::RequestObjectUntrusted, "another algorithm");
    }
    let weak = sign(key(Alg::RS256), &header(Alg::RS256), &payload);
    for registered in [None, Some(Alg::RS256)] {
        refused(try_token(registered, &weak), Reason::RequestObjectUntrusted, "RS256");
    }
    let unsigned = sign(key(Alg::ES256), &json!({ "alg": "none" }), &payload);
    refused(try_token(None, &unsigned), Reason::RequestObjectUntrusted, "none");
    let stolen = signed_by(stranger(), &good());
    refused(try_token(None, &stolen), Reason::RequestObjectUntrusted, "a stranger's key");
}

#[test]
fn rfc8725_3_11_no_other_kind_of_jwt() {
    let payload = good().to_string();
    let headed = |typ: &str| {
        let header = json!({ "alg": "ES256", "kid": "ES256", "typ": typ });
        try_token(None, &sign(key(Alg::ES256), &header, &payload))
    };
    for typ in ["JWT", "jwt", "oauth-authz-req+jwt", "application/oauth-authz-req+jwt"] {
        assert!(headed(typ).is_ok(), "{typ}");
    }
    for typ in ["client-authentication+jwt", "dpop+jwt", "at+jwt", "logout+jwt"] {
        refused(headed(typ), Reason::RequestObjectMalformed, typ);
    }
    let doubled = format!(r#"{},"scope":"openid"}}"#, payload.trim_end_matches('}'));
    let doubled = sign(key(Alg::ES256), &header(Alg::ES256), &doubled);
    refused(try_token(None, &doubled), Reason::RequestObjectMalformed, "a member twice");
}

#[test]
fn rfc9101_4_claims_become_parameters() {
    let more = json!({
        "requested_expiry": 300, "max_age": "60", "acr_values": "2 1", "claims": {"userinfo": {}},
        "resource": ["https://a.example", "https://b.example"], "user_code": "4711",
        "client_notification_token": "t0ken", "unheard_of": {"x": 1}, "client_secret": "s",
    });
    let mut claims = good();
    claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let parameters = try_claims(&claims).unwrap().parameters;
    for (name, value) in [
        ("scope", Some("openid profile")),
        ("login_hint", Some("alice")),
        ("binding_message", Some("W4SCT")),
        ("requested_expiry", Some("300")),
        ("max_age", Some("60")),
        ("acr_values", Some("2 1")),
        ("claims", Some(r#"{"userinfo":{}}"#)),
        ("user_code", Some("4711")),
        ("client_notification_token", Some("t0ken")),
        ("unheard_of", None),
        ("client_secret", None),
        ("iss", None),
        ("aud", None),
        ("jti", None),
        ("exp", None),
    ] {
        assert_eq!(parameters.get(name), value, "{name}");
    }
    assert!(parameters.all("resource").eq(["https://a.example", "https://b.example"]));
    assert_eq!(parameters.repeated(), None);
    let as_text = try_claims(&with(claims, "requested_expiry", json!("300"))).unwrap();
    assert_eq!(as_text.parameters.get("requested_expiry"), Some("300"));
}

/// Security rule 9: a wrong type is a failure, never an absent parameter.
#[test]
fn a_parameter_of_the_wrong_type_fails() {
    for (name, value) in [
        ("scope", json!(["openid"])),
        ("login_hint", json!(7)),
        ("login_hint", json!({ "sub": "alice" })),
        ("binding_message", json!(true)),
        ("requested_expiry", json!([300])),
        ("requested_expiry", json!(false)),
        ("claims", json!("{}")),
        ("resource", json!([7])),
        ("resource", json!({})),
        ("id_token_hint", json!(1)),
    ] {
        let outcome = try_claims(&with(good(), name, value.clone()));
        refused(outcome, Reason::RequestObjectClaimWrong, &format!("{name} {value}"));
    }
    let control = try_claims(&with(good(), "login_hint", json!("a\u{0}b")));
    refused(control, Reason::ParameterMalformed, "a control character");
}

#[test]
fn ciba_7_1_1_nothing_beside_a_signed_request() {
    let form = |text: &'static str| refuse_beside(&Params::read(text.as_bytes()).unwrap());
    for good in [
        "request=x",
        "request=x&client_id=ciba&client_assertion=a&client_assertion_type=b",
        "request=x&client_id=ciba&client_secret=s",
        "request=x&unheard_of=1",
    ] {
        assert_eq!(form(good), Ok(()), "{good}");
    }
    for bad in ["request=x&login_hint=bob", "request=x&scope=openid", "request=x&binding_message="]
    {
        assert_eq!(form(bad).unwrap_err().code, ErrorCode::InvalidRequest, "{bad}");
    }
}

#[test]
fn endpoints_answer_with_codes_of_their_own() {
    let replayed = replayed(ErrorCode::AccessDenied);
    assert_eq!(
        (replayed.code, replayed.reason),
        (ErrorCode::AccessDenied, Reason::RequestObjectReplayed)
    );
}

proptest! {
    #[test]
    fn no_payload_panics(payload in "[\\[\\]{}\",:a-z0-9.e-]{0,80}", text in "\\PC{0,60}") {
        let token = sign(key(Alg::ES256), &header(Alg::ES256), &payload);
        prop_assert!(try_token(None, &token).is_err());
        prop_assert!(try_token(None, &text).is_err());
    }
}
