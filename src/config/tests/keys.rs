//! The client validator on keys: RFC 7591 §2, OpenID Connect Core 1.0 §9.

use moneta_events::client::ClientMetadata;
use serde_json::{Value, json};

use super::super::{Offered, validate_client};

/// The members that are wrong.
fn problems(more: &Value) -> Vec<&'static str> {
    let offered = Offered {
        scopes: vec!["openid"],
        algorithms: vec!["RS256", "ES256"],
        acr: Vec::new(),
        resources: Vec::new(),
    };
    let mut client = json!({
        "client_id": "pkjwt", "redirect_uris": ["https://rp.test/cb"],
        "token_endpoint_auth_method": "private_key_jwt",
    });
    client.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let client: ClientMetadata = serde_json::from_value(client).unwrap();
    validate_client(&client, &offered).into_iter().map(|problem| problem.member).collect()
}

#[test]
fn a_client_that_signs_has_public_keys_at_one_place() {
    let key = json!({
        "kty": "EC", "crv": "P-256", "kid": "1",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let mut private = key.clone();
    private["d"] = json!("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI");
    let jwks = json!({ "keys": [key] });
    let uri = "https://rp.test/jwks";
    for (more, wrong) in [
        (json!({ "jwks": jwks }), vec![]),
        (json!({ "jwks": jwks, "token_endpoint_auth_signing_alg": "ES256" }), vec![]),
        (json!({ "jwks_uri": uri }), vec![]),
        (json!({ "jwks_uri": "http://127.0.0.1:9443/jwks" }), vec![]),
        (json!({}), vec!["token_endpoint_auth_method"]),
        (json!({ "jwks": jwks, "jwks_uri": uri }), vec!["jwks_uri"]),
        (json!({ "jwks_uri": "http://rp.test/jwks" }), vec!["jwks_uri"]),
        (json!({ "jwks_uri": "http://169.254.169.254/latest" }), vec!["jwks_uri"]),
        (json!({ "jwks_uri": "file:///etc/passwd" }), vec!["jwks_uri"]),
        (json!({ "jwks_uri": "/jwks" }), vec!["jwks_uri"]),
        (json!({ "jwks": {} }), vec!["jwks"]),
        (json!({ "jwks": { "keys": [] } }), vec!["jwks"]),
        (json!({ "jwks": { "keys": [private] } }), vec!["jwks"]),
        (json!({ "jwks": { "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] } }), vec!["jwks"]),
        (json!({ "jwks": jwks, "token_endpoint_auth_signing_alg": "PS256" }), vec!["jwks"]),
        (
            json!({ "jwks": jwks, "token_endpoint_auth_signing_alg": "HS256" }),
            vec!["token_endpoint_auth_signing_alg"],
        ),
        (
            json!({ "jwks": jwks, "token_endpoint_auth_signing_alg": "none" }),
            vec!["token_endpoint_auth_signing_alg"],
        ),
    ] {
        assert_eq!(problems(&more), wrong, "{more}");
    }
}
