//! Tables of what the verifier accepts and refuses.

use std::sync::{Arc, LazyLock};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jose::{
    KeySet, Typ,
    fixtures::{forge, named, signing_key},
    jws::encode,
};

const ISSUER: &str = "https://op.test";
const NOW: i64 = 1_800_000_000;

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let key = |alg: &Alg| Arc::new(named(signing_key(*alg).kid(), *alg));
    KeySet::new(Alg::ALL.iter().map(key).collect(), &[]).unwrap()
});

fn access_claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": "https://rs.test", "client_id": "web", "jti": "1",
        "scope": "openid email", "iat": NOW, "exp": NOW + 300,
    })
}

fn id_claims() -> Value {
    json!({ "iss": ISSUER, "sub": "alice", "aud": "web", "iat": NOW, "exp": NOW + 300 })
}

/// `claims` with `name` replaced, or taken out where `value` is null.
fn with(mut claims: Value, name: &str, value: Value) -> Value {
    match value {
        Value::Null => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.to_owned(), value),
    };
    claims
}

fn at(token: &str, seconds: i64) -> Result<VerifiedClaims, Rejection> {
    let purpose = Purpose::access_token(ISSUER, "https://rs.test");
    verify(token, &purpose, &*KEYS, Timestamp::from_seconds(seconds))
}

fn hint(token: &str, seconds: i64) -> Result<VerifiedClaims, Rejection> {
    let purpose = Purpose::id_token_hint(ISSUER, "web");
    verify(token, &purpose, &*KEYS, Timestamp::from_seconds(seconds))
}

fn access_token(claims: &Value) -> String {
    encode(signing_key(Alg::ES256), Typ::AccessToken, claims.to_string().as_bytes()).unwrap()
}

fn id_token(claims: &Value) -> String {
    encode(signing_key(Alg::ES256), Typ::IdToken, claims.to_string().as_bytes()).unwrap()
}

/// An access token with this header, signed by the ES256 key.
fn headed(header: &str) -> String {
    forge(signing_key(Alg::ES256), header, &access_claims().to_string())
}

#[test]
fn own_tokens_of_every_algorithm_are_accepted() {
    for alg in Alg::ALL {
        let payload = access_claims().to_string();
        let token = encode(signing_key(*alg), Typ::AccessToken, payload.as_bytes()).unwrap();
        let claims = at(&token, NOW).unwrap();
        assert_eq!(claims.subject(), "alice");
        assert_eq!(claims.audience(), ["https://rs.test"]);
        assert_eq!(claims.issued_at(), Some(Timestamp::from_seconds(NOW)));
        assert_eq!(claims.expires_at(), Timestamp::from_seconds(NOW + 300));
        assert_eq!(claims.text("client_id"), Some("web"));
        assert_eq!(claims.text("nonce"), None);
        assert_eq!(claims.get("iat"), Some(&json!(NOW)));
    }
}

#[test]
fn header_names_neither_algorithm_nor_key_of_its_own() {
    let kid = signing_key(Alg::ES256).kid();
    let own = signing_key(Alg::ES256).public_jwk().to_json();
    let head = |alg: &str, more: &str| {
        headed(&format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"{more}}}"#))
    };
    assert!(at(&head("ES256", ""), NOW).is_ok());
    for alg in ["none", "None", "nOnE", "HS256", "RS1", "ES384", "es256", "", "RSA1_5", "dir"] {
        assert_eq!(at(&head(alg, ""), NOW), Err(Rejection::Alg), "{alg}");
    }
    for alg in ["RS256", "PS256", "EdDSA"] {
        assert_eq!(at(&head(alg, ""), NOW), Err(Rejection::KeyAlg), "{alg}");
    }
    let unsupported = |name| Err(Rejection::Malformed(Malformed::Unsupported(name)));
    assert_eq!(at(&head("ES256", r#","crit":["exp"]"#), NOW), unsupported("crit"));
    assert_eq!(at(&head("ES256", r#","b64":false"#), NOW), unsupported("b64"));
    assert_eq!(at(&head("ES256", r#","zip":"DEF""#), NOW), unsupported("zip"));
    for kid in ["", "other", "../../dev/null", "' OR 1=1 --", &format!("{kid}\\u0000")] {
        let token = headed(&format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt"}}"#));
        assert_eq!(at(&token, NOW), Err(Rejection::UnknownKey), "{kid}");
    }
    for more in [format!(r#","jwk":{own}"#), r#","jku":"https://evil.test/jwks""#.to_owned()] {
        let token = headed(&format!(r#"{{"alg":"ES256","typ":"at+jwt"{more}}}"#));
        assert_eq!(at(&token, NOW), Err(Rejection::UnknownKey), "{more}");
    }
}

#[test]
fn a_key_in_the_header_does_not_verify_its_own_token() {
    let kid = signing_key(Alg::ES256).kid();
    let entropy = crate::runtime::entropy::Entropy::default();
    let pkcs8 = crate::jose::SigningKey::generate(Alg::ES256, &entropy).unwrap();
    let stranger = crate::jose::SigningKey::from_pkcs8(kid, Alg::ES256, &pkcs8, &entropy).unwrap();
    let jwk = stranger.public_jwk().to_json();
    let header = format!(r#"{{"alg":"ES256","kid":"{kid}","typ":"at+jwt","jwk":{jwk}}}"#);
    let token = forge(&stranger, &header, &access_claims().to_string());
    assert_eq!(at(&token, NOW), Err(Rejection::Signature));
}

#[test]
fn hmac_keyed_with_a_public_key_is_no_signature() {
    for alg in Alg::ALL {
        let key = signing_key(*alg);
        let secret =
            ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.public_jwk().to_json().as_bytes());
        for (name, rejection) in [("HS256", Rejection::Alg), (alg.as_str(), Rejection::Signature)] {
            let header = format!(r#"{{"alg":"{name}","kid":"{}","typ":"at+jwt"}}"#, key.kid());
            let input = format!(
                "{}.{}",
                URL_SAFE_NO_PAD.encode(header),
                URL_SAFE_NO_PAD.encode(access_claims().to_string())
            );
            let tag = ring::hmac::sign(&secret, input.as_bytes());
            let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag));
            assert_eq!(at(&token, NOW), Err(rejection), "{alg} {name}");
        }
    }
}

#[test]
fn a_token_without_signature_is_refused() {
    let token = access_token(&access_claims());
    let (input, _) = token.rsplit_once('.').unwrap();
    assert_eq!(at(&format!("{input}."), NOW), Err(Rejection::Signature));
    assert_eq!(at(input, NOW), Err(Rejection::Malformed(Malformed::Parts)));
    for octets in [[0; 64], [0xff; 64]] {
        let token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(octets));
        assert_eq!(at(&token, NOW), Err(Rejection::Signature));
    }
}

/// RFC 8725 §3.11 and §3.12.
#[test]
fn no_kind_of_token_passes_for_another() {
    assert_eq!(at(&id_token(&access_claims()), NOW), Err(Rejection::Typ));
    assert_eq!(hint(&access_token(&id_claims()), NOW), Err(Rejection::Typ));
    let kid = signing_key(Alg::ES256).kid();
    let typed = |typ: &str, claims: &Value| {
        let header = format!(r#"{{"alg":"ES256","kid":"{kid}"{typ}}}"#);
        forge(signing_key(Alg::ES256), &header, &claims.to_string())
    };
    for typ in ["", r#","typ":"JWT""#, r#","typ":"jwt""#, r#","typ":"application/jwt""#] {
        assert!(hint(&typed(typ, &id_claims()), NOW).is_ok(), "{typ}");
        assert_eq!(at(&typed(typ, &access_claims()), NOW), Err(Rejection::Typ), "{typ}");
    }
    for typ in [r#","typ":"at+jwt""#, r#","typ":"application/AT+JWT""#] {
        assert!(at(&typed(typ, &access_claims()), NOW).is_ok(), "{typ}");
        assert_eq!(hint(&typed(typ, &id_claims()), NOW), Err(Rejection::Typ), "{typ}");
    }
    for typ in
        ["logout+jwt", "dpop+jwt", "token-introspection+jwt", "client-authentication+jwt", ""]
    {
        let typ = format!(r#","typ":"{typ}""#);
        assert_eq!(hint(&typed(&typ, &id_claims()), NOW), Err(Rejection::Typ), "{typ}");
        assert_eq!(at(&typed(&typ, &access_claims()), NOW), Err(Rejection::Typ), "{typ}");
    }
}

/// RFC 9068 §2.2, §4.
#[test]
fn claims_of_access_tokens() {
    let array = json!(["https://rs.test", "https://rs2.test"]);
    assert!(at(&access_token(&with(access_claims(), "aud", array)), NOW).is_ok());
    for (name, value, rejection) in [
        ("iss", Value::Null, Rejection::Issuer),
        ("iss", json!("https://op.test/"), Rejection::Issuer),
        ("iss", json!("https://OP.test"), Rejection::Issuer),
        ("iss", json!([ISSUER]), Rejection::Claim("iss")),
        ("sub", Value::Null, Rejection::Claim("sub")),
        ("sub", json!(""), Rejection::Claim("sub")),
        ("client_id", Value::Null, Rejection::Claim("client_id")),
        ("jti", Value::Null, Rejection::Claim("jti")),
        ("jti", json!(7), Rejection::Claim("jti")),
        ("aud", Value::Null, Rejection::Claim("aud")),
        ("aud", json!([]), Rejection::Claim("aud")),
        ("aud", json!("https://rs2.test"), Rejection::Audience),
        ("aud", json!(["https://rs.test/"]), Rejection::Audience),
        ("exp", Value::Null, Rejection::Claim("exp")),
        ("exp", json!("9999999999"), Rejection::Claim("exp")),
        ("exp", json!(NOW), Rejection::Expired),
        ("iat", Value::Null, Rejection::Claim("iat")),
        ("iat", json!(NOW + 3), Rejection::NotYetValid),
        ("nbf", json!(NOW + 3), Rejection::NotYetValid),
        ("nbf", json!("1"), Rejection::Claim("nbf")),
    ] {
        let token = access_token(&with(access_claims(), name, value.clone()));
        assert_eq!(at(&token, NOW), Err(rejection), "{name} {value}");
    }
    for (name, value) in [("iat", NOW + 2), ("nbf", NOW + 2), ("exp", NOW + 1)] {
        let token = access_token(&with(access_claims(), name, json!(value)));
        assert!(at(&token, NOW).is_ok(), "{name}");
    }
}

#[test]
fn an_access_token_asked_about_may_be_for_anybody() {
    let token = access_token(&access_claims());
    let purpose = Purpose::any_access_token(ISSUER);
    let verified = |seconds| verify(&token, &purpose, &*KEYS, Timestamp::from_seconds(seconds));
    assert_eq!(verified(NOW).unwrap().audience(), ["https://rs.test"]);
    assert_eq!(verified(NOW + 300), Err(Rejection::Expired));
    let elsewhere = Purpose::any_access_token("https://other.test");
    let now = Timestamp::from_seconds(NOW);
    assert_eq!(verify(&token, &elsewhere, &*KEYS, now), Err(Rejection::Issuer));
}

/// OpenID Connect Core 1.0 §3.1.2.1.
#[test]
fn a_client_takes_its_own_id_tokens_while_they_last() {
    let given = |token: &str, client_id: &str, seconds: i64| {
        let purpose = Purpose::id_token(ISSUER, client_id);
        verify(token, &purpose, &*KEYS, Timestamp::from_seconds(seconds)).map(|_| ())
    };
    let token = id_token(&id_claims());
    assert_eq!(given(&token, "web", NOW + 299), Ok(()));
    assert_eq!(given(&token, "web", NOW + 300), Err(Rejection::Expired));
    assert_eq!(given(&token, "native", NOW), Err(Rejection::Audience));
}

#[test]
fn hints_may_have_expired_but_are_the_clients() {
    let token = id_token(&id_claims());
    assert_eq!(hint(&token, NOW).unwrap().subject(), "alice");
    assert!(hint(&token, NOW + 90 * 86_400).is_ok());
    assert_eq!(hint(&token, NOW + 90 * 86_400 + 1), Err(Rejection::TooOld));
    assert_eq!(hint(&token, NOW - 3), Err(Rejection::NotYetValid));
    for (name, value, rejection) in [
        ("aud", json!("other"), Rejection::Audience),
        ("iss", json!("https://other.test"), Rejection::Issuer),
        ("sub", Value::Null, Rejection::Claim("sub")),
        ("exp", Value::Null, Rejection::Claim("exp")),
        ("nonce", json!(7), Rejection::Claim("nonce")),
        ("auth_time", json!("now"), Rejection::Claim("auth_time")),
    ] {
        let token = id_token(&with(id_claims(), name, value.clone()));
        assert_eq!(hint(&token, NOW), Err(rejection), "{name} {value}");
    }
}

#[test]
fn doubled_deep_and_long_payloads_are_refused() {
    let key = signing_key(Alg::ES256);
    let token = |payload: &str| encode(key, Typ::AccessToken, payload.as_bytes()).unwrap();
    let claims = access_claims().to_string();
    let open = claims.trim_end_matches('}');
    let doubled = token(&format!(r#"{open},"sub":"mallory"}}"#));
    assert_eq!(at(&doubled, NOW), Err(Rejection::Claims));
    let deep = token(&format!(r#"{open},"x":{}{}}}"#, "[".repeat(2_000), "]".repeat(2_000)));
    assert_eq!(at(&deep, NOW), Err(Rejection::Claims));
    let long = token(&format!(r#"{open},"x":"{}"}}"#, "x".repeat(8_000)));
    assert_eq!(at(&long, NOW), Err(Rejection::Malformed(Malformed::TooLong)));
    for payload in ["", "null", "[]", "\u{feff}{}"] {
        assert_eq!(at(&token(payload), NOW), Err(Rejection::Claims), "{payload}");
    }
}

proptest! {
    #[test]
    fn no_text_panics_or_is_accepted(text in any::<String>()) {
        prop_assert!(at(&text, NOW).is_err());
        prop_assert!(hint(&text, NOW).is_err());
    }

    #[test]
    fn no_signed_payload_panics(payload in any::<Vec<u8>>(), json in "[\\[\\]{}\",:a-z0-9.e-]{0,80}") {
        for payload in [payload.as_slice(), json.as_bytes()] {
            let token = encode(signing_key(Alg::EdDSA), Typ::AccessToken, payload).unwrap();
            prop_assert!(at(&token, NOW).is_err());
        }
    }

    #[test]
    fn a_token_changed_anywhere_is_refused(index in any::<prop::sample::Index>(), to in "[A-Za-z0-9_.=-]") {
        let token = access_token(&access_claims());
        let place = index.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &to);
        prop_assert_eq!(at(&changed, NOW).is_ok(), changed == token);
    }
}
