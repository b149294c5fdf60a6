//! OpenID Connect Core 1.0 §2, §3.1.3.6, §12.2 and RFC 9068 §2.2: what tokens say.

use moneta::protocol::{
    access_token::{self, AccessTokenClaims},
    grantor::Grantor,
    id_token::{IdTokenClaims, sid},
};
use moneta_events::{
    Category, ClientId, Digest, Scope, StreamId,
    token::{AccessToken, AccessTokenFormat, IdToken},
    transaction::{Authenticated, AuthenticationMethod, Requested},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::fixtures::{ALICE, API, ISSUER, NOW, ask, web};

const SESSION: StreamId = StreamId::new(Category::Session, Uuid::from_u128(5));

fn requested() -> Requested {
    ask(&web(), "").unwrap().into_event(None, None, None, NOW)
}

fn authenticated() -> Authenticated {
    Authenticated {
        subject: ALICE,
        session: SESSION,
        auth_time: NOW.plus_seconds(-9),
        acr: "1".to_owned(),
        amr: vec!["pwd".to_owned()],
        method: AuthenticationMethod::Password,
        transaction_key: None,
    }
}

#[test]
fn core_2_the_id_token() {
    let (requested, authenticated) = (requested(), authenticated());
    let grantor = Grantor::of_transaction(&requested, &authenticated);
    let recorded = IdToken {
        kid: "k".to_owned(),
        alg: "RS256".to_owned(),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(3600),
        claims: Vec::new(),
    };
    let claims = IdTokenClaims::new(ISSUER, &requested.client_id, &grantor, &recorded);
    let own = sid(SESSION, &ClientId::from("web"));
    assert_eq!(
        serde_json::to_string(&claims).unwrap(),
        format!(
            r#"{{"iss":"{ISSUER}","sub":"{ALICE}","aud":"web","exp":1800003600,"iat":1800000000,"auth_time":1799999991,"nonce":"n-1","acr":"1","amr":["pwd"],"sid":"{own}"}}"#
        ),
        "these claims, in this order, and no others"
    );
    let refreshed = claims
        .without_nonce()
        .with_access_token("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
        .with_code("ES256", "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk");
    let value = serde_json::to_value(&refreshed).unwrap();
    assert_eq!(value.get("nonce"), None, "§12.2");
    assert_eq!(value["at_hash"], "77QmUPtjPfzWtF2AnpK9RQ", "appendix A.3");
    assert_eq!(value["c_hash"], "LDktKdoQak3Pk0cnXxCltA", "appendix A.4");

    assert_ne!(own, sid(SESSION, &ClientId::from("spa")), "clients cannot compare their sid");
}

#[test]
fn core_5_4_claims_in_the_id_token_stand_behind_its_own() {
    let (requested, authenticated) = (requested(), authenticated());
    let grantor = Grantor::of_transaction(&requested, &authenticated);
    let recorded = IdToken {
        kid: "k".to_owned(),
        alg: "ES256".to_owned(),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(3600),
        claims: vec!["address".to_owned()],
    };
    let Value::Object(person) = json!({"address": {"country": "Italy"}}) else {
        unreachable!("it is an object")
    };
    let claims = IdTokenClaims::new(ISSUER, &requested.client_id, &grantor, &recorded);
    let text = serde_json::to_string(&claims.with_person(&person)).unwrap();
    let tail = r#","address":{"country":"Italy"}}"#;
    assert!(text.ends_with(tail), "{text}");
}

/// OpenID Connect Core 1.0 §3.3.2.11 gives `c_hash` its algorithm, and `s_hash` follows it.
#[test]
fn fapi_1_part_2_5_1_1_the_state_is_bound() {
    let (requested, authenticated) = (requested(), authenticated());
    let grantor = Grantor::of_transaction(&requested, &authenticated);
    let recorded = IdToken {
        kid: "k".to_owned(),
        alg: "PS256".to_owned(),
        issued_at: NOW,
        expires_at: NOW.plus_seconds(3600),
        claims: Vec::new(),
    };
    let claims = IdTokenClaims::new(ISSUER, &requested.client_id, &grantor, &recorded);
    let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
    let value = serde_json::to_value(claims.with_state("PS256", code)).unwrap();
    assert_eq!(value["s_hash"], "LDktKdoQak3Pk0cnXxCltA", "appendix A.4");
    assert_eq!((value.get("c_hash"), value.get("at_hash")), (None, None));
}

#[test]
fn rfc9068_2_2_the_access_token() {
    let jti = "j-1";
    let recorded = AccessToken {
        digest: Digest::of(&[jti.as_bytes()]),
        format: AccessTokenFormat::Jwt,
        scope: Scope::parse("api:read"),
        audience: access_token::audience(Vec::new(), ISSUER),
        expires_at: NOW.plus_seconds(600),
    };
    let client = ClientId::from("web");
    let claims = AccessTokenClaims::new(ISSUER, &client, &recorded, jti, NOW);
    assert_eq!(
        serde_json::to_string(&claims).unwrap(),
        format!(
            r#"{{"iss":"{ISSUER}","sub":"web","aud":"{ISSUER}","client_id":"web","exp":1800000600,"iat":1800000000,"jti":"j-1","scope":"api:read"}}"#
        )
    );
    let (requested, authenticated) = (requested(), authenticated());
    let grantor = Grantor::of_transaction(&requested, &authenticated);
    let value = serde_json::to_value(claims.on_behalf_of(&grantor)).unwrap();
    assert_eq!(
        (&value["sub"], &value["auth_time"], &value["acr"], &value["amr"]),
        (&json!(ALICE), &json!(1_799_999_991), &json!("1"), &json!(["pwd"]))
    );

    let audience = vec![API.to_owned(), "https://b.example".to_owned()];
    let two =
        AccessToken { audience: access_token::audience(audience.clone(), ISSUER), ..recorded };
    let value: Value =
        serde_json::to_value(AccessTokenClaims::new(ISSUER, &client, &two, jti, NOW)).unwrap();
    assert_eq!(value["aud"], json!(audience));
}
