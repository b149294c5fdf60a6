//! RFC 7523 §3, RFC 7521 §4.2 and §5.2, OpenID Connect Core 1.0 §9, FAPI 2.0 Security Profile §5.3.2.1:
//! clients that authenticate with `private_key_jwt`.

use moneta::{
    jose::{Alg, ClientKeys},
    protocol::{
        client::ClientFacts,
        client_auth::{Assertions, JWT_BEARER, authenticate, read},
        error::{ErrorCode, OAuthError},
        params::Params,
    },
};
use moneta_events::{Reason, client::ClientMetadata};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{
    fixtures::{ISSUER, NOW, client, secret},
    signed::{header, key, keys, sign, stranger, with},
};

const TOKEN: &str = "https://op.example/token";
const ENDPOINT: &str = "https://op.example/introspect";

fn registered(more: &Value) -> ClientMetadata {
    let mut metadata =
        json!({ "client_id": "pkjwt", "token_endpoint_auth_method": "private_key_jwt" });
    metadata.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    client(&metadata)
}

fn good() -> Value {
    let now = NOW.as_seconds();
    json!({ "iss": "pkjwt", "sub": "pkjwt", "aud": ISSUER, "jti": "1", "iat": now, "exp": now + 60 })
}

/// Authenticates with a form; says what would have to be reserved, and until when.
fn try_form(
    metadata: &ClientMetadata,
    keys: Option<&ClientKeys>,
    form: &[(&str, &str)],
) -> Result<(String, i64), OAuthError> {
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let form = Params::read_form(encoded.as_bytes())?;
    let presented = read(None, &form)?;
    let secrets = [secret("right", None)];
    let facts = ClientFacts { metadata, secrets: &secrets, enabled: true, revision: 0 };
    let assertions = Assertions { keys, audience: &[ISSUER, TOKEN, ENDPOINT] };
    let verified = authenticate(&presented, Some(&facts), &assertions, NOW)?;
    let once = verified.once().expect("an assertion counts once").clone();
    assert_eq!(verified.admit(true)?.id().as_str(), "pkjwt");
    Ok((once.id, once.expires_at.as_seconds() - NOW.as_seconds()))
}

/// Authenticates with an assertion of a client that registered ES256 and has keys of every kind.
fn try_assertion(assertion: &str) -> Result<(String, i64), OAuthError> {
    let metadata = registered(&json!({ "token_endpoint_auth_signing_alg": "ES256" }));
    let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)];
    try_form(&metadata, Some(&keys(Alg::ALL)), &form)
}

fn refused_as(reason: Reason) -> impl Fn(Result<(String, i64), OAuthError>, &str) {
    move |outcome, case| {
        let error = outcome.expect_err(case);
        assert_eq!((error.code, error.reason), (ErrorCode::InvalidClient, reason), "{case}");
        assert_eq!(error.description, "client authentication failed", "{case}");
    }
}

#[test]
fn rfc7523_3_what_an_assertion_must_say() {
    let now = NOW.as_seconds();
    let refused = refused_as(Reason::ClientAssertionInvalid);
    for (name, value) in [
        ("iss", Value::Null),
        ("iss", json!("other")),
        ("iss", json!("PKJWT")),
        ("iss", json!(ISSUER)),
        ("iss", json!(["pkjwt"])),
        ("aud", Value::Null),
        ("aud", json!("")),
        ("aud", json!([])),
        ("aud", json!("https://op.example/")),
        ("aud", json!("https://OP.example")),
        ("aud", json!("https://evil-as.test/token")),
        ("aud", json!("https://op.example/authorize")),
        ("aud", json!("pkjwt")),
        // Who else it is for may have seen it, or sent it on (CVE-2025-27370, CVE-2025-27371).
        ("aud", json!([ISSUER, "https://evil-as.test"])),
        ("aud", json!({ "aud": ISSUER })),
        ("exp", Value::Null),
        ("exp", json!((now + 60).to_string())),
        ("exp", json!(true)),
        ("exp", json!(now + 3_631)),
        ("exp", json!(now + 31_536_000)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(7)),
        ("iat", json!(now + 61)),
        ("iat", json!("now")),
        ("nbf", json!(now + 61)),
        ("nbf", json!("1")),
    ] {
        let claims = with(good(), name, value.clone());
        let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &claims.to_string());
        refused(try_assertion(&assertion), &format!("{name} {value}"));
    }
    for expired in [now, now - 1, now - 300] {
        let claims = with(good(), "exp", json!(expired));
        let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &claims.to_string());
        refused_as(Reason::ClientAssertionExpired)(try_assertion(&assertion), "expired");
    }
    for (name, value) in [
        ("iat", Value::Null),
        ("iat", json!(now + 10)),
        ("nbf", json!(now + 10)),
        ("nbf", json!(now - 86_400)),
        ("iat", json!(now - 86_400)),
        ("exp", json!(now + 1)),
        ("exp", json!(now + 3_600)),
        ("exp", json!(f64::from(1_800_000_060) + 0.5)),
        ("aud", json!(TOKEN)),
        ("aud", json!(ENDPOINT)),
        ("aud", json!([ISSUER])),
        ("aud", json!([ISSUER, TOKEN, ENDPOINT])),
        ("jti", json!("ü".repeat(300))),
        ("extra", json!({ "a": [1] })),
    ] {
        let claims = with(good(), name, value.clone());
        let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &claims.to_string());
        let accepted = try_assertion(&assertion);
        assert_eq!(accepted.unwrap().0, claims["jti"].as_str().unwrap(), "{name} {value}");
    }
}

/// Whose assertion it is stands in `sub`; a `client_id` beside it says the same or is wrong.
#[test]
fn rfc7521_4_2_the_client_is_the_subject() {
    let es256 = |claims: &Value| sign(key(Alg::ES256), &header(Alg::ES256), &claims.to_string());
    for sub in [Value::Null, json!(7), json!(["pkjwt"])] {
        let malformed = refused_as(Reason::ClientAssertionMalformed);
        malformed(try_assertion(&es256(&with(good(), "sub", sub.clone()))), &sub.to_string());
    }
    let unknown = try_assertion(&es256(&with(good(), "sub", json!("other"))));
    refused_as(Reason::ClientUnknown)(unknown, "somebody else");

    let metadata = registered(&json!({}));
    let assertion = es256(&good());
    let try_named = |client_id: &str| {
        let form = [
            ("client_id", client_id),
            ("client_assertion_type", JWT_BEARER),
            ("client_assertion", &assertion),
        ];
        try_form(&metadata, Some(&keys(Alg::ALL)), &form)
    };
    assert!(try_named("pkjwt").is_ok());
    refused_as(Reason::ClientAssertionInvalid)(try_named("web"), "another client_id");
}

#[test]
fn oidc_core_9_a_jti_is_good_for_once() {
    let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &good().to_string());
    let (jti, seconds) = try_assertion(&assertion).unwrap();
    assert_eq!(jti, "1");
    assert!((60..=180).contains(&seconds), "held for as long as it is accepted: {seconds}");

    let metadata = registered(&json!({}));
    let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
    let encoded = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let presented = read(None, &Params::read(encoded.as_bytes()).unwrap()).unwrap();
    let facts = ClientFacts { metadata: &metadata, secrets: &[], enabled: true, revision: 0 };
    let keys = keys(&[Alg::ES256]);
    let assertions = Assertions { keys: Some(&keys), audience: &[ISSUER] };
    let verified = authenticate(&presented, Some(&facts), &assertions, NOW).unwrap();
    let replayed = verified.admit(false).unwrap_err();
    assert_eq!(
        (replayed.code, replayed.reason),
        (ErrorCode::InvalidClient, Reason::ClientAssertionReplayed)
    );
}

#[test]
fn rfc7523_3_signed_with_a_registered_key_and_algorithm() {
    let payload = good().to_string();
    let untrusted = refused_as(Reason::ClientAssertionUntrusted);
    untrusted(try_assertion(&sign(stranger(), &header(Alg::ES256), &payload)), "a stranger's key");
    for alg in [Alg::RS256, Alg::PS256, Alg::EdDSA] {
        untrusted(try_assertion(&sign(key(alg), &header(alg), &payload)), alg.as_str());
    }
    for alg in ["none", "None", "HS256", "ES384", "es256", ""] {
        let header = json!({ "alg": alg, "kid": "ES256" });
        untrusted(try_assertion(&sign(key(Alg::ES256), &header, &payload)), alg);
    }
    let mut bare = sign(key(Alg::ES256), &json!({ "alg": "none" }), &payload);
    bare.truncate(bare.rfind('.').unwrap() + 1);
    untrusted(try_assertion(&bare), "without signature");
    let kid = json!({ "alg": "ES256", "kid": "other" });
    untrusted(try_assertion(&sign(key(Alg::ES256), &kid, &payload)), "an unknown kid");
    let own: Value = serde_json::from_str(&stranger().public_jwk().to_json()).unwrap();
    for header in [
        json!({ "alg": "ES256", "kid": "ES256", "jwk": own }),
        json!({ "alg": "ES256", "kid": "ES256", "jku": "https://evil.test/jwks" }),
    ] {
        untrusted(try_assertion(&sign(stranger(), &header, &payload)), &header.to_string());
    }
    let nameless = sign(key(Alg::ES256), &json!({ "alg": "ES256" }), &payload);
    assert!(try_assertion(&nameless).is_ok(), "one key fits alone");

    let any = registered(&json!({}));
    for alg in Alg::ALL {
        let assertion = sign(key(*alg), &header(*alg), &payload);
        let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
        assert!(try_form(&any, Some(&keys(Alg::ALL)), &form).is_ok(), "{alg}");
        refused_as(Reason::ClientKeysUnavailable)(try_form(&any, None, &form), "no keys");
    }
    let unknown = registered(&json!({ "token_endpoint_auth_signing_alg": "ES512" }));
    let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &payload);
    let form = [("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion)];
    untrusted(try_form(&unknown, Some(&keys(Alg::ALL)), &form), "an unknown registered algorithm");
}

/// RFC 8725 §3.11, RFC 9101 §10.8: what was signed for something else authenticates nobody.
#[test]
fn rfc8725_3_11_no_other_kind_of_jwt() {
    let headed = |typ: &str| json!({ "alg": "ES256", "kid": "ES256", "typ": typ });
    let payload = good().to_string();
    for typ in ["JWT", "jwt", "application/jwt", "client-authentication+jwt"] {
        assert!(try_assertion(&sign(key(Alg::ES256), &headed(typ), &payload)).is_ok(), "{typ}");
    }
    let malformed = refused_as(Reason::ClientAssertionMalformed);
    for typ in ["dpop+jwt", "at+jwt", "logout+jwt", "oauth-authz-req+jwt", "secevent+jwt", ""] {
        malformed(try_assertion(&sign(key(Alg::ES256), &headed(typ), &payload)), typ);
    }
    let open = payload.trim_end_matches('}');
    for payload in [
        format!(r#"{open},"sub":"pkjwt"}}"#),
        format!(r#"{open},"extra":{{"a":1,"a":2}}}}"#),
        format!("[{payload}]"),
        String::new(),
    ] {
        malformed(try_assertion(&sign(key(Alg::ES256), &header(Alg::ES256), &payload)), &payload);
    }
    let crit = json!({ "alg": "ES256", "kid": "ES256", "crit": ["exp"] });
    malformed(try_assertion(&sign(key(Alg::ES256), &crit, &payload)), "crit");
    for text in ["x", "a.b.c", "e30.e30.", "e30.e30.AA.AA.AA"] {
        malformed(try_assertion(text), text);
    }
    let long = with(good(), "extra", json!("x".repeat(8_192)));
    malformed(
        try_assertion(&sign(key(Alg::ES256), &header(Alg::ES256), &long.to_string())),
        "long",
    );
}

#[test]
fn rfc6749_2_3_only_the_registered_method_and_only_one() {
    let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &good().to_string());
    let typed = ("client_assertion_type", JWT_BEARER);
    let failed = refused_as(Reason::ClientAuthenticationFailed);
    let own = registered(&json!({}));
    let keys = keys(Alg::ALL);
    for (case, form) in [
        ("no type", vec![("client_assertion", assertion.as_str())]),
        ("the type alone", vec![typed]),
        (
            "SAML",
            vec![
                (
                    "client_assertion_type",
                    "urn:ietf:params:oauth:client-assertion-type:saml2-bearer",
                ),
                ("client_assertion", &assertion),
            ],
        ),
        (
            "a secret beside it",
            vec![typed, ("client_assertion", &assertion), ("client_secret", "s")],
        ),
        ("nothing", vec![("client_id", "pkjwt")]),
        ("a secret instead", vec![("client_id", "pkjwt"), ("client_secret", "right")]),
    ] {
        failed(try_form(&own, Some(&keys), &form), case);
    }
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let other = registered(&json!({ "token_endpoint_auth_method": method }));
        let form = [typed, ("client_assertion", &assertion)];
        failed(try_form(&other, Some(&keys), &form), method);
    }
}

proptest! {
    #[test]
    fn no_assertion_panics_or_is_believed(text in "[A-Za-z0-9_=.-]{0,120}", any in "\\PC{0,60}") {
        prop_assert!(try_assertion(&text).is_err());
        prop_assert!(try_assertion(&any).is_err());
    }

    #[test]
    fn no_signed_payload_panics(payload in "[\\[\\]{}\",:a-z0-9.e-]{0,80}") {
        let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &payload);
        prop_assert!(try_assertion(&assertion).is_err());
    }

    #[test]
    fn an_assertion_changed_anywhere_is_refused(at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=-]") {
        let assertion = sign(key(Alg::ES256), &header(Alg::ES256), &good().to_string());
        let place = at.index(assertion.len());
        let mut changed = assertion.clone();
        changed.replace_range(place..=place, &to);
        prop_assert_eq!(try_assertion(&changed).is_ok(), changed == assertion);
    }
}
