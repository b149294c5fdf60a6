//! What must not work: request objects that are not good enough for FAPI, others' requests, clients that
//! do not prove themselves as they must.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::suite::{RS256, Suite, acknowledged, redemption, refused};
use crate::support::{http::pairs, signer::by, test};

/// A request object with other claims is refused as an invalid request (not as an invalid object: the
/// registry of CIBA has none).
async fn refuses_claims(change: impl FnOnce(&mut Map<String, Value>, i64)) {
    let suite = Suite::start().await;
    let mut request = suite.request(&suite.first);
    change(&mut request, suite.now());
    let answer = suite.ask(&suite.first, &suite.first.sign(&request.into())).await;
    refused(&answer, &["invalid_request"]);
}

macro_rules! without {
    ($($name:ident: $claim:literal;)+) => {$(
        #[test]
        fn $name() {
            test(refuses_claims(|claims, _| {
                claims.remove($claim).expect("it was there");
            }));
        }
    )+};
}

without! {
    fapi_ciba_id1_ensure_request_object_missing_aud_fails: "aud";
    fapi_ciba_id1_ensure_request_object_missing_iss_fails: "iss";
    fapi_ciba_id1_ensure_request_object_missing_exp_fails: "exp";
    fapi_ciba_id1_ensure_request_object_missing_iat_fails: "iat";
    fapi_ciba_id1_ensure_request_object_missing_nbf_fails: "nbf";
    fapi_ciba_id1_ensure_request_object_missing_jti_fails: "jti";
}

macro_rules! with {
    ($($name:ident: $claim:literal, $value:expr;)+) => {$(
        #[test]
        fn $name() {
            test(refuses_claims(|claims, now| {
                let value: fn(i64) -> Value = $value;
                claims.insert($claim.to_owned(), value(now));
            }));
        }
    )+};
}

with! {
    fapi_ciba_id1_ensure_request_object_bad_aud_fails: "aud", |_| json!("https://other.test");
    fapi_ciba_id1_ensure_request_object_bad_iss_fails: "iss", |_| json!("suite-2");
    fapi_ciba_id1_ensure_request_object_expired_exp_fails: "exp", |now| json!(now - 300);
    fapi_ciba_id1_ensure_request_object_exp_is_70_minutes_in_future_fails:
        "exp", |now| json!(now + 70 * 60);
    fapi_ciba_id1_ensure_request_object_nbf_is_10_minutes_in_future_fails:
        "nbf", |now| json!(now + 10 * 60);
    fapi_ciba_id1_ensure_request_object_nbf_is_70_minutes_in_past_fails:
        "nbf", |now| json!(now - 70 * 60);
    fapi_ciba_id1_ensure_authorization_request_with_multiple_hints_fails:
        "login_hint_token", |_| json!("somebody");
}

/// A request object of good claims under another signature is refused.
async fn refuses_signature(sign: impl FnOnce(&Suite, Value) -> String) {
    let suite = Suite::start().await;
    let object = sign(&suite, suite.request(&suite.first).into());
    refused(&suite.ask(&suite.first, &object).await, &["invalid_request"]);
}

#[test]
fn fapi_ciba_id1_ensure_request_object_signature_algorithm_is_none_fails() {
    test(refuses_signature(|_, claims| {
        let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(json!({ "alg": "none" })), part(claims))
    }));
}

#[test]
fn fapi_ciba_id1_ensure_request_object_signature_algorithm_is_bad_fails() {
    test(refuses_signature(|suite, claims| {
        let signed = suite.first.sign(&claims);
        let (input, signature) = signed.rsplit_once('.').expect("three parts");
        let mut octets = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
        octets[40] ^= 0x5a;
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(octets))
    }));
}

#[test]
fn fapi_ciba_id1_ensure_request_object_signature_algorithm_is_rs256_fails() {
    test(refuses_signature(|_, claims| RS256.sign(&claims)));
}

#[test]
fn fapi_ciba_id1_ensure_request_object_signed_by_other_client_fails() {
    test(refuses_signature(|suite, claims| suite.second.sign(&claims)));
}

#[test]
fn fapi_ciba_id1_ensure_backchannel_authorization_request_without_request_fails() {
    test(async {
        let suite = Suite::start().await;
        let form = pairs([("scope", "openid"), ("login_hint", "alice")]);
        let answer = suite.send(&suite.first, "backchannel_authentication_endpoint", form).await;
        refused(&answer, &["invalid_request"]);
    });
}

#[test]
fn fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message() {
    test(async {
        let suite = Suite::start().await;
        let mut request = suite.request(&suite.first);
        let message = "1234 \u{1F44D}\u{1F3FF} 品川 \u{1F4B3}".repeat(20);
        request.insert("binding_message".to_owned(), json!(message));
        let answer = suite.ask(&suite.first, &suite.first.sign(&request.into())).await;
        refused(&answer, &["invalid_binding_message"]);
    });
}

#[test]
fn fapi_ciba_id1_ensure_wrong_authentication_request_id_in_token_endpoint_request() {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.approved(&suite.first).await;
        refused(&suite.poll(&suite.second, &auth_req_id).await, &["invalid_grant"]);
        suite.provider.clock.advance(15);
        suite.tokens(&suite.first, &suite.poll(&suite.first, &auth_req_id).await);
    });
}

const CLIENT_FAILED: [&str; 2] = ["invalid_client", "invalid_request"];

#[test]
fn fapi_ciba_id1_ensure_without_client_assertion_in_backchannel_authorization_request_fails() {
    test(async {
        let suite = Suite::start().await;
        let object = suite.first.sign(&suite.request(&suite.first).into());
        for form in [
            pairs([("request", &object)]),
            pairs([("request", &object), ("client_id", &suite.first.id)]),
        ] {
            let answer = suite.send_as_is("backchannel_authentication_endpoint", &form).await;
            refused(&answer, &CLIENT_FAILED);
        }
    });
}

#[test]
fn fapi_ciba_id1_ensure_without_client_assertion_in_token_endpoint_fails() {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.approved(&suite.first).await;
        let mut form = redemption(&auth_req_id);
        form.extend(pairs([("client_id", &suite.first.id)]));
        refused(&suite.send_as_is("token_endpoint", &form).await, &CLIENT_FAILED);
    });
}

#[test]
fn fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_rs256_fails()
 {
    test(async {
        let suite = Suite::start().await;
        let object = suite.first.sign(&suite.request(&suite.first).into());
        let mut form = pairs([("request", &object)]);
        form.extend(by(&RS256.sign(&suite.assertion(&suite.first))));
        let answer = suite.send_as_is("backchannel_authentication_endpoint", &form).await;
        refused(&answer, &CLIENT_FAILED);
        acknowledged(&suite.ask(&suite.first, &object).await);
    });
}

#[test]
fn fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_rs256_fails()
 {
    test(async {
        let suite = Suite::start().await;
        let auth_req_id = suite.approved(&suite.first).await;
        let mut form = redemption(&auth_req_id);
        form.extend(by(&RS256.sign(&suite.assertion(&suite.first))));
        refused(&suite.send_as_is("token_endpoint", &form).await, &CLIENT_FAILED);
    });
}
